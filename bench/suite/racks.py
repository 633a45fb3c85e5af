# SPDX-License-Identifier: GPL-2.0-only
"""Past these machines: drives in hosts, hosts in racks, and what they can do together.

Each resource of a site is busy for a time that is a product of what was measured
here, and the one that is busy longest decides. Of a host and its drives that is
compared with what several drives took; networks are as wide as their makers say.
"""

from dataclasses import dataclass, replace

from bench.suite.model import best, limit
from bench.suite.tables import number, table

# Bytes a nanosecond that a network leaves to data: a card of 25 Gbit/s in each
# machine, as profile remote-25g has it, and of 100 Gbit/s from a rack to the others.
CARD, UPLINK = 2.8, 11.0

# What is done where.
SAID = {"drive": "λs in the drives", "read": "native code on each host",
        "shipped": "native code on the machine that asks"}


@dataclass(frozen=True)
class Site:
    """@drives in each of @hosts in each of @racks, and one machine more that asks."""

    drives: int = 1
    hosts: int = 1
    racks: int = 1
    network: bool = True

    def machines(self) -> int:
        return self.hosts * self.racks


@dataclass(frozen=True)
class Work:
    """Nanoseconds per byte of the file of one program over drives of one profile."""

    drive: float        # of a drive that runs λs, by its busiest resource
    name: str           # of that resource
    link: float         # of what a drive's link is busy with where data crosses it
    native: float       # of a host that reads and has native code
    host: float         # of a host that divides requests over drives, and joins answers
    out: float          # bytes of output per byte of the file

    @classmethod
    def of(cls, points: list):
        """Of what was measured with one drive and, of the host, with the most there were."""
        def of(methods, number):
            return best([p for p in points if p["stripes"] == number], methods)

        mine, native = of(("drive",), 1), of(("read", "direct"), 1)
        most = of(("drive",), max(p["stripes"] for p in points))
        return cls(mine["ns"] / mine["bytes"], limit(mine, True)[1],
                   limit(native, False)[0] / native["bytes"], native["ns"] / native["bytes"],
                   most["ns"] / most["bytes"], mine["out_bytes"] / mine["bytes"])

    def needs(self, site: Site, way: str) -> dict:
        """Nanoseconds per byte of all that the site has, of each resource."""
        ours = way == "drive"
        moved = 1 if way == "shipped" else self.out
        # A request to one drive is one command, and takes the host next to nothing.
        hosts = self.native if not ours else self.host if site.drives > 1 else 0
        needs = {self.name if ours else "link":
                 (self.drive if ours else self.link) / (site.drives * site.machines())}
        if way == "shipped":
            needs["the asker's processor"] = self.native
        else:
            needs["processors"] = hosts / site.machines()
        if site.network:
            needs.update({"cards": moved / CARD / site.machines(),
                          "uplinks": moved / UPLINK / site.racks,
                          "the asker's card": moved / CARD})
        return needs

    def takes(self, site: Site, way: str) -> tuple:
        """Nanoseconds per byte, and of which resource."""
        needs = self.needs(site, way)
        name = max(needs, key=needs.get)
        return needs[name], name

    def pays(self, site: Site, way: str, most: int = 64) -> int:
        """As many drives a host that one more brings less than half of its share."""
        for number in range(1, most):
            here, more = (self.takes(replace(site, drives=drives), way)[0]
                          for drives in (number, number + 1))
            if here / more < 1 + 0.5 / number:
                return number
        return most


def works(results) -> dict:
    """By profile and program, of all that several drives were measured with."""
    points = results.select(figure="striped")
    return {key: Work.of([p for p in points if (p["profile"], p["program"]) == key])
            for key in dict.fromkeys((p["profile"], p["program"]) for p in points)}


def errors(results) -> list:
    """Profile, program, drives, measured and expected nanoseconds per byte."""
    rows = []
    for (profile, program), work in works(results).items():
        for number in sorted({p["stripes"] for p in results.select(figure="striped")}):
            point = best(results.select(figure="striped", profile=profile, program=program,
                                        stripes=number), ("drive",))
            rows.append((profile, program, number, point["ns"] / point["bytes"],
                         work.takes(Site(number, network=False), "drive")[0]))
    return rows


# What a small data centre has: 16 hosts a rack and 4 racks, and up to so many drives a host.
HOSTS, RACKS, MOST = 16, 4, 32


def compared(results) -> str:
    found = errors(results)
    rows = [[profile, program, drives, number(1 / measured), number(1 / expected),
             f"{(measured / expected - 1) * 100:+.0f} %"]
            for profile, program, drives, measured, expected in found]
    worst = max(abs(measured / expected - 1) for *_, measured, expected in found)
    return f"At most {worst * 100:.0f} % off.\n\n" + table(
        ["profile", "", "drives", "measured GB/s", "expected", "off by"], rows, words=2)


def sites(results) -> str:
    rows, site = [], Site(8, HOSTS, RACKS)
    for (profile, program), work in works(results).items():
        row = [profile, program]
        for way in SAID:
            time, name = work.takes(site, way)
            row.append(f"{number(1 / time)} ({name})")
        rows.append([*row, number(work.out * 1e12 / 1e6),
                     *(work.pays(site, way, MOST) for way in ("drive", "read"))])
    return table(["profile", "", *(f"{said}: GB/s (busiest)" for said in SAID.values()),
                  "MB of output a TB", "drives a host that pay, with λs", "with native code"],
                 rows, words=2)


def curves(results, profile: str) -> dict:
    """By program and way, GB a second of 1 to MOST drives a host."""
    return {(program, way): [(n, 1 / work.takes(Site(n, HOSTS, RACKS), way)[0])
                             for n in range(1, MOST + 1)]
            for (of, program), work in works(results).items() if of == profile for way in SAID}


def section(results, plot, path) -> str:
    profile = results.select(figure="striped")[0]["profile"]
    plot.racks(curves(results, profile), SAID, path)
    return "\n".join([
        "## Past these machines\n",
        "A model of drives in hosts and hosts in racks: the time that a drive needs for a "
        "byte, a host for native code, and how much comes out were measured with one drive; "
        "the time that a host needs to divide requests and to join answers with the most "
        "there were. Hosts have one processor of 1 G instructions a second, as everywhere here. "
        "The resource that is busy longest decides. Several drives of one host, "
        "against what was measured:\n",
        compared(results),
        f"{RACKS} racks of {HOSTS} hosts of 8 drives, and a machine more that asks; cards of "
        f"{CARD} GB/s, {UPLINK:.0f} GB/s from a rack to the others, which nobody measured "
        "here. A drive more pays while it brings half of its share:\n",
        sites(results),
        f"The same with 1 to {MOST} drives a host of profile `{profile}`:\n",
        "![throughput by drives a host](racks.svg)\n"])
