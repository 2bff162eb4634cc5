"""Bugs that other tools do not see are found, and what only looks like one is left alone."""

from __future__ import annotations

import textwrap

import pytest

from ci_core.health.checkers.bugs.reading import read
from ci_core.health.syntax import Unparsable

WRONG = {
    "a query for each row": (
        """
        def f(cur, ids):
            for one in ids:
                cur.execute("SELECT * FROM t WHERE id = %s", (one,))
        """,
        "query-in-loop",
    ),
    "a query in a comprehension": (
        "def f(db, ids):\n    return [db.execute('SELECT a FROM t WHERE id = ?', (i,)).fetchone() for i in ids]",
        "query-in-loop",
    ),
    "a query of what is made in the loop": (
        "def f(db, rows):\n    for r in rows:\n        k = r['i']\n"
        "        db.execute('SELECT 1 FROM t WHERE a=?', (k,))",
        "query-in-loop",
    ),
    "Django": ("def f(ids):\n    for i in ids:\n        User.objects.get(pk=i)", "query-in-loop"),
    "SQLAlchemy": ("def f(session, ids):\n    for i in ids:\n        session.get(User, i)", "query-in-loop"),
    "a query in a function that is called": (
        "def g(i):\n    return db.execute('SELECT a FROM t WHERE i=?', (i,))\ndef f(ids):\n"
        "    return [g(i) for i in ids]",
        "query-in-loop",
    ),
    "a query while": (
        "def f(cur, x):\n    while x:\n        x = x.next\n        cur.execute('SELECT a FROM t WHERE b=%s', (x,))",
        "query-in-loop",
    ),
    "a price": ("def f(price):\n    return price == 19.99", "float-equality-on-money"),
    "a sum": ("def f(price, tax, total):\n    return price + tax == total", "float-equality-on-money"),
    "annotated": ("def f(paid: float, due: float):\n    return paid == due", "float-equality-on-money"),
    "an element": ("def f(order):\n    return order['total'] != order['price'] * 1.19", "float-equality-on-money"),
    "nobody awaits": ("async def g(): ...\nasync def f():\n    g()", "missing-await"),
    "nobody awaits sleep": ("import asyncio\nasync def f():\n    asyncio.sleep(1)", "missing-await"),
    "used as if it were there": ("async def g(): ...\nasync def f():\n    x = g()\n    return x['a']", "missing-await"),
    "a method": ("class A:\n    async def g(self): ...\n    async def f(self):\n        self.g()", "missing-await"),
    "tested": ("async def ok(): ...\nasync def f():\n    if ok():\n        return 1", "missing-await"),
    "everything suppressed": (
        "import contextlib\ndef f():\n    with contextlib.suppress(Exception):\n        g()",
        "swallowed-exception",
    ),
    "a handler too late": (
        "try:\n    f()\nexcept Exception:\n    raise\nexcept ValueError:\n    pass",
        "unreachable-except",
    ),
    "too many arguments": ("def g(a): ...\ndef f():\n    g(1, 2)", "wrong-arguments"),
    "an argument that there is not": ("def g(a): ...\ng(a=1, b=2)", "wrong-arguments"),
    "an argument is missing": ("def g(a, *, b): ...\ng(1)", "wrong-arguments"),
    "opened on the way": ("import json\ndef f(p):\n    return json.load(open(p))", "never-closed"),
    "a mapping changed by the loop over it": (
        "def f(d):\n    for k, v in d.items():\n        if not v:\n            d.pop(k)",
        "changed-while-gone-over",
    ),
    "a key deleted": ("def f(d):\n    for k in d.keys():\n        del d[k]", "changed-while-gone-over"),
    "divided by zero": ("def f(x):\n    return x / 0", "division-by-zero"),
    "behind the end": ("def f(xs):\n    return xs[len(xs)]", "index-behind-the-end"),
    "no way out of a loop": ("def f(n):\n    while True:\n        n += 1", "endless-loop"),
    "no way out of a recursion": ("def f(n):\n    return f(n - 1)", "endless-recursion"),
    "expected": ("def f(balance, expected):\n    return balance == expected", "float-equality-on-money"),
    "never closed": (
        "import sqlite3\ndef f():\n    c = sqlite3.connect('a')\n    c.execute('x')\n    return 1",
        "never-closed",
    ),
}
RIGHT = [
    "def f(d):\n    for k, v in list(d.items()):\n        d.pop(k)",
    "def f(d):\n    for k, v in d.items():\n        if v:\n            d.pop(k)\n            break",
    "def f(d, e):\n    for k in d.keys():\n        e.pop(k)",
    "def f(x):\n    return '%d' % 0 + str(x / 2)",
    "def f(xs):\n    return xs[len(xs) - 1]",
    "def f(xs, ys):\n    return xs[len(ys)]",
    "def f():\n    while True:\n        g()",
    "def f(n):\n    return 1 if n < 2 else n * f(n - 1)",
    "def f(n):\n    if n:\n        return f(n - 1)\n    return 0",
    "class A:\n    def f(self):\n        return self.other.f()",
    "def f(n):\n    return n and f(n - 1)",
    "def f(a, b):\n    return (a or b).f()",
    (
        "def f(cur, ids):\n    cur.execute('SELECT a FROM t WHERE id = ANY(%s)', (ids,))\n"
        "    for row in cur:\n        g(row)"
    ),
    "def f(cur):\n    for row in cur.execute('SELECT a FROM t'):\n        print(row)",
    "def f(cur, rows):\n    cur.executemany('INSERT INTO t VALUES (?)', rows)",
    "def f(cur, statements):\n    for statement in statements:\n        cur.execute(statement)",
    "def f(cur):\n    for attempt in range(3):\n        cur.execute('SELECT 1', (attempt,))",
    "def f(cur):\n    for name in ['a', 'b']:\n        cur.execute('SELECT 1 FROM t WHERE a=%s', (name,))",
    "def f(items, key):\n    for item in items:\n        item.get(key)",
    "def f(price):\n    return price == 0",
    "def f(price):\n    return price == 0.0",
    "from decimal import Decimal\ndef f(price: Decimal, total: Decimal):\n    return price == total",
    "def f(total_count, count):\n    return total_count == count",
    "def f(total):\n    assert total == 2.5",
    "def f(table, strike):\n    return table[table['strike'] == strike]",
    "def f(price):\n    return price == 'free'",
    "import math\ndef f(price):\n    return math.isclose(price, 19.99)",
    "async def g(): ...\nasync def f():\n    await g()",
    "import asyncio\nasync def g(): ...\nasync def f():\n    t = g()\n    await asyncio.gather(t)",
    "async def g(): ...\ndef f():\n    return g()",
    "class A:\n    async def g(self): ...\n    def __await__(self):\n        return self.g().__await__()",
    "async def rows():\n    yield 1\nasync def f():\n    r = rows()\n    return r.aclose",
    "try:\n    f()\nexcept ValueError:\n    raise\nexcept Exception:\n    raise",
    "def g(*a, **k): ...\ng(1, 2, x=3)",
    "def g(a, b=1): ...\ng(1)\ng(*x)\ng(**y)",
    "def g(a): ...\ng = other\ng(1, 2)",
    "class A:\n    @staticmethod\n    def g(a): ...\n    def f(self):\n        self.g(1)",
    (
        "import sqlite3\ndef f():\n    c = sqlite3.connect('a')\n    try:\n        c.execute('x')\n"
        "    finally:\n        c.close()"
    ),
    "import sqlite3\ndef f():\n    c = sqlite3.connect('a')\n    return c",
    "import sqlite3\ndef f():\n    with sqlite3.connect('a') as c:\n        c.execute('x')",
    "import contextlib\nwith contextlib.suppress(FileNotFoundError):\n    f()",
]


@pytest.mark.parametrize("name", WRONG)
def test_a_bug_is_found_once(name: str) -> None:
    source, rule = WRONG[name]

    assert [bug.rule for bug in read(textwrap.dedent(source))] == [rule]


@pytest.mark.parametrize("source", RIGHT)
def test_what_is_right_is_left_alone(source: str) -> None:
    assert read(source) == ()


def test_a_bug_tells_its_lines() -> None:
    (bug,) = read(
        "def f(cur, ids):\n    for i in ids:\n        cur.execute(\n"
        "            'SELECT 1 FROM t WHERE a=%s', (i,)\n        )\n"
    )

    assert (bug.line, bug.end_line, bug.column, bug.severity) == (3, 5, 9, "medium")


def test_what_is_no_python_is_told() -> None:
    with pytest.raises(Unparsable):
        read("def f(:\n")
