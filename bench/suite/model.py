# SPDX-License-Identifier: GPL-2.0-only
"""What was measured, and what follows from it: rates, limits, corrections.

Times are in modelled nanoseconds: of a drive that is slowed down by a dilation
of k all are divided by k, so that they are those of a host that executes k
instructions a nanosecond beside the drive of the profile.
"""

MIB = 1 << 20
ALL_METHODS = ("read", "direct", "mmap", "host", "drive", "auto", "both")
# In which time of native code stands for what a method spends on work and copies.
NATIVE = {"read": "read", "direct": "mmap", "mmap": "mmap"}


def parse_profile(text: str) -> dict:
    pairs = (line.split("#")[0].split("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


class Silicon:
    """Times of this machine's processor, and of code of the kernel's JIT on it: see summary.py."""

    def __init__(self, summary: dict):
        self.about, self.rounds = summary["about"], summary["rounds"]
        self.native, self.jit = summary["native"], summary["jit"]

    def median(self, program: str, method: str) -> float:
        """Nanoseconds per byte of input."""
        return self.jit[program]["median"][method]

    def native_time(self, program: str, method: str) -> float:
        return self.native[f"{program}/{NATIVE[method]}"]

    def ratio(self, program: str, over: str, under: str) -> list:
        """Quartiles of the ratios within a round."""
        return self.jit[program]["ratio"][f"{over}/{under}"]


class Results:
    """All points that were measured with the same inputs."""

    def __init__(self, records: list):
        self.records = records
        self.points = [self.point(record, point)
                       for record in self.records for point in record["points"]]
        self.calibration = next((record["calibration"] for record in self.records
                                 if "calibration" in record), [])

    def unfinished(self) -> set:
        """Figures of which a run that was ended early lacks points."""
        return {name for record in self.records for name in record.get("unfinished", ())}

    @staticmethod
    def point(record: dict, point: dict) -> dict:
        profile = parse_profile(record["profile"])
        dilation = int(record["drive"].get("dilation", 1))
        known = {"cached": 0, "threads": 1, **point, "rate": dilation,
                 "profile": record["drive"]["profile"], "model": profile,
                 "change": record["drive"].get("change"),
                 "stripes": record["drive"].get("stripes", 1),
                 "timing": record["drive"].get("timing", "on"),
                 "pipeline": record["drive"].get("pipeline", profile.get("pipeline", "off"))}
        for key in ("ns", "ns_media", "ns_link", "ns_compute", "ns_requests", "ns_profiled",
                    "ns_longest", "ns_p99"):
            known[key] = point[key] / dilation
        known["write"] = point["program"] == "bitmap"
        return known

    def select(self, **wanted) -> list:
        return [point for point in self.points
                if all(point[key] == value for key, value in wanted.items())]


def methods(points: list) -> list:
    seen = {point["method"] for point in points}
    return [method for method in ALL_METHODS if method in seen]


def speed(point: dict) -> float:
    """Bytes of the file per second."""
    return point["bytes"] / point["ns"] * 1e9


def on_drive(point: dict) -> bool:
    """Or there, too."""
    return point["device"] + point["both"] > point["host"]


def moved(point: dict, drive: bool) -> dict:
    """Bytes that cross media and link, on whichever side the work is done."""
    whole, out = point["bytes"], point["out_bytes"]
    if point["write"]:
        return {"media": whole, "link": whole // 32 if drive else whole}
    missing = whole * (100 - point["cached"]) / 100
    return {"media": whole, "link": out} if drive else {"media": missing, "link": missing}


def limit(point: dict, drive: bool = None) -> float:
    """Nanoseconds that the busiest resource of the drive needs, and its name.

    Of a request that both sides ran nobody tells how it was divided: its bytes
    have to come from the media, and the rest could be done at the same time.
    """
    drive = on_drive(point) if drive is None else drive
    model, bytes_ = point["model"], moved(point, drive)
    media = "media_write_mbps" if point["write"] else "media_read_mbps"
    needs = {
        "media": bytes_["media"] / float(model[media]) * 1e3,
        "link": bytes_["link"] / float(model["link_mbps"]) * 1e3,
    }
    if drive and point["device"] > point["host"]:
        needs["cores"] = point["ns_compute"] / int(model["cores"])
    name = max(needs, key=needs.get)
    return needs[name], name


def corrected(point: dict, silicon: Silicon, cpu: dict) -> float:
    """The time with work and copies as silicon does them; the limit holds still.

    @cpu has the nanoseconds per byte that the guest's clock counts for native
    methods over cached data. What a λ computes in the host the kernel has told;
    what it computes in the drive is the profile's, and stays.
    """
    method, program, size = point["method"], point["program"], point["bytes"]
    change = 0
    if method in NATIVE:
        counted = cpu[program, NATIVE[method]] / point["rate"]
        change = size * (silicon.native_time(program, method) - counted)
    elif not on_drive(point):
        given = size / 32 if point["write"] else size
        change = given * silicon.median(program, "kernel") - point["ns_compute"]
    return max(point["ns"] + change, limit(point)[0])


def cpu_costs(results: Results) -> dict:
    return {(point["program"], point["method"]): point["ns"] / point["bytes"]
            for point in results.select(figure="cpu")}


def best(points: list, methods: tuple, cost=lambda point: point["ns"]):
    return min((point for point in points if point["method"] in methods), key=cost, default=None)


def break_even(rates: list, speedups: list) -> str:
    """At which host rate the speed-up becomes 1, between measured rates."""
    if speedups[0] < 1:
        return f"below {rates[0]}"
    for k in range(1, len(rates)):
        if speedups[k] < 1:
            share = (speedups[k - 1] - 1) / (speedups[k - 1] - speedups[k])
            return f"{rates[k - 1] * (rates[k] / rates[k - 1]) ** share:.1f}"
    return f"above {rates[-1]}"
