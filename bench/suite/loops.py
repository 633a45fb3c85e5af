# SPDX-License-Identifier: GPL-2.0-only
"""The loop in which a program of the kernel's JIT spends most of its time."""

from bench.suite.bare import disassemble, is_count, jump_target, read_dump

SAMPLES_MIN = 20


class Code:
    """Instructions of one function and where each may go on."""

    def __init__(self, functions):
        self.insns = [insn for address, code in functions for insn in disassemble(code, address)]
        self.entry = functions[0][0]
        self.index = {address: k for k, (address, _) in enumerate(self.insns)}
        self.stubs = set(self.find_stubs())

    def find_stubs(self):
        """Slow paths of the count: a call and a jump."""
        for k, (_, text) in enumerate(self.insns):
            if k and is_count(self.insns[k - 1][1]):
                stub = self.index[jump_target(self.insns[k + text.startswith("jae ")][1])]
                yield from (stub, stub + 1)

    def successors(self, k: int) -> list:
        text = self.insns[k][1]
        target = self.index.get(jump_target(text))
        after = [k + 1] if k + 1 < len(self.insns) else []
        if text.startswith("ret"):
            return []
        if text.startswith("jmp"):
            return [target]
        if text.startswith("j"):
            return after + [target]
        return after

    def reach(self, start: int, head: int, edges) -> set:
        """What edges lead to from @start without passing @head."""
        seen, todo = {start}, [start]
        while todo:
            for one in edges(todo.pop()):
                if one not in seen and one != head and one not in self.stubs:
                    seen.add(one)
                    todo.append(one)
        return seen

    def loops(self):
        """The body of each loop; clang may enter one in the midst."""
        before = {}
        for k in range(len(self.insns)):
            for successor in self.successors(k):
                before.setdefault(successor, []).append(k)
        for tail in range(len(self.insns)):
            for head in self.successors(tail):
                if head <= tail and tail not in self.stubs:
                    yield head, (self.reach(head, head, self.successors) &
                                 self.reach(tail, head, lambda k: before.get(k, []))) | {head}


def hot_loop(dump: str, program: str, samples: dict) -> list:
    """Lines of the innermost loop with most samples: share, address, text."""
    code = Code(dict(read_dump(dump))[program])
    hits = {code.index[code.entry + offset]: count for offset, count in samples.items()
            if code.entry + offset in code.index}
    total = sum(hits.values())
    # Less than this is the cost of calls: the time is spent in helpers.
    if total < SAMPLES_MIN:
        return []

    def weight(body):
        return sum(hits.get(k, 0) for k in body)

    bodies = [body for _, body in code.loops()]
    # A loop around the hot one has its samples too: the smallest that has most.
    most = max(map(weight, bodies), default=0)
    body = min((body for body in bodies if weight(body) >= 0.6 * most), key=len, default=())

    def relative(text):
        target = jump_target(text)
        return f"{text.split()[0]:6} {target - code.entry:x}" if target in code.index else text

    return [f"{100 * hits.get(k, 0) / total:5.1f} %  {code.insns[k][0] - code.entry:4x}  "
            f"{relative(code.insns[k][1])}" for k in sorted(body)]
