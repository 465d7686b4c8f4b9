"""Names that a notebook could hold and a page must show as text: markup, quotes, scripts, styles, controls."""

HOSTILE = [
    "<script>alert(1)</script>", "</script><script>alert(1)//", "</svg><img src=x onerror=alert(1)>", "<b>bold</b>",
    '" onload="alert(1)', "' onclick='x", '" style="position:fixed', "</title><a href=javascript:alert(1)>x</a>",
    "]]>", "<![CDATA[", "<!--", "-->", "&lt;b&gt;", "&#x3c;script&#x3e;", "&nosuch;", "</style><style>*{display:none}",
    "}*{display:none}", "url(javascript:alert(1))", "expression(alert(1))", "javascript:alert(1)", "a\nb", "a\tb",
    "\x00", "\x0b", "\x1b[31m", "\x7f", "\u202egnp.exe", "\u200fabc", "\u2066x\u2069", "\ufeff", "\ud800", "\u2028",
    "`x`", "${x}", "{{7*7}}", "\\u003cscript\\u003e", "n0", "n4", "__proto__", "constructor", "變數", "🙂", "x" * 500,
    "", " ",
    "</textarea><svg onload=alert(1)>", "<iframe srcdoc='<script>'>", "<?xml version='1.0'?>", "<!DOCTYPE svg>",
    '"><animate onbegin=alert(1)>', "</code></td></tr></table><form>", "</desc></svg>", "<<table>>", "$x$", "$$",
    r"$\href{javascript:x}{y}$", r"\(x\)", r"\[x\]", r"\unicode{60}script", r"\class{evil}{x}", "\\", "|{}|", "-> n0",
    "](javascript:alert(1))", "![x](http://evil/x.png)", '"]; evil [label="', "}; digraph {", "a\r\nb", "a  b", "%s%n",
    "{0.__class__}", "data-node=n9",
]  # fmt: skip
