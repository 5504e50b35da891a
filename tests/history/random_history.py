"""Seeded random histories: insertions, deletions, rewrites, re-indents, renames, moves between folders, merges."""

import random

from story import Story, lines

_WORDS = ("price", "cart", "order", "total", "user", "stock", "query", "retry")


class RandomHistory:
    """Writes commits into a story. Every line is unique, so that its origin is beyond dispute."""

    def __init__(self, story: Story, seed: int) -> None:
        self.story = story
        self._random = random.Random(seed)
        self._count = 0
        self.day = 0.0
        self.texts: dict[str, dict[str, list[str]]] = {"main": {}}

    def line(self) -> str:
        self._count += 1
        return f"{self._random.choice(_WORDS)}_{self._count} = {self._random.choice(_WORDS)}({self._count})"

    def grow(self, commits: int, *, on: str = "main") -> None:
        for _ in range(commits):
            self.change(on)

    def change(self, on: str = "main") -> None:
        draw, texts = self._random, self.texts[on]
        self.day += draw.uniform(0.1, 3)
        renames: dict[str, str] = {}
        changed: dict[str, str | None] = {}
        if not texts or draw.random() < 0.15:
            path = f"{draw.choice(('src', 'lib', 'web'))}/{self._count}.py"
            texts[path] = [self.line() for _ in range(draw.randint(5, 30))]
            changed[path] = lines(*texts[path])
        elif len(texts) > 3 and draw.random() < 0.1:
            gone = draw.choice(sorted(texts))
            del texts[gone]
            changed[gone] = None
        for path in draw.sample(sorted(texts), min(len(texts), draw.randint(1, 2))):
            if path in changed:
                continue
            if draw.random() < 0.15:
                self._count += 1
                new = f"moved/{self._count}.py"
                texts[new] = texts.pop(path)
                renames[path] = new
            else:
                self._edit(texts[path])
                changed[path] = lines(*texts[path])
        by = draw.choice(("ana", "ben", "cleo"))
        message = draw.choice(("Fix crash in total", "Add retry", "Speed up query", "Fix wrong price (#12)"))
        self.story.commit(message, by=by, day=self.day, files=changed, renames=renames, on=on)

    def _edit(self, text: list[str]) -> None:
        draw = self._random
        for _ in range(draw.randint(1, 3)):
            place = draw.randint(0, max(0, len(text) - 1))
            match draw.choice(("insert", "delete", "rewrite", "indent")):
                case "insert":
                    text[place:place] = [self.line() for _ in range(draw.randint(1, 4))]
                case "delete" if len(text) > 8:
                    del text[place : place + 2]
                case "rewrite" if text:
                    text[place] = self.line()
                case "indent" if text:
                    text[place] = "    " + text[place]
                case _:
                    text.append(self.line())

    def fork(self, name: str, at: str = "main") -> None:
        self.story.branch(name, at)
        self.texts[name] = {path: list(text) for path, text in self.texts[at].items()}

    def join(self, name: str, on: str = "main") -> None:
        """Merge a branch; a file that both sides changed gets lines of both, and at times one of its own."""
        self.day += 1
        ours, theirs = self.texts[on], self.texts[name]
        resolved = {}
        for path in sorted(ours.keys() & theirs.keys()):
            if ours[path] != theirs[path]:
                half = len(ours[path]) // 2
                known = {text.strip() for text in ours[path][:half]}
                rest = [text for text in theirs[path][half // 2 :] if text.strip() not in known]
                resolved[path] = ours[path][:half] + rest
                if self._random.random() < 0.5:
                    resolved[path].insert(self._random.randint(0, len(resolved[path])), self.line())
        for path in sorted(theirs.keys() - ours.keys()):
            resolved[path] = theirs[path]
        self.texts[on] = ours | resolved
        tree = self.story.trees[self.story.tips[on]]
        parents = [self.story.tips[on], self.story.tips[name]]
        files = {path: lines(*text) for path, text in resolved.items()}
        self.story.commit("Merge", day=self.day, files=files, on=on, parents=parents, tree=tree)


def branching(story: Story, seed: int, rounds: int = 6) -> RandomHistory:
    """A history with `rounds` merged branches, each alive beside the main line."""
    told = RandomHistory(story, seed)
    told.grow(4)
    for number in range(rounds):
        told.fork(f"topic{number}")
        for _ in range(3):
            told.change(f"topic{number}")
            told.change()
        told.join(f"topic{number}")
    told.grow(3)
    return told
