"""Size against time as SVG, by plain code: logarithmic time, labelled points, the Pareto frontier."""

import math
from xml.sax.saxutils import escape

from report import frontier

WIDTH, HEIGHT = 960, 620
LEFT, RIGHT, TOP, BOTTOM = 78, 28, 74, 62
FONT = 13
OWN, PEER, INK, FAINT, GRID = "#c2410c", "#1d4ed8", "#1f2937", "#6b7280", "#e5e7eb"


class Axes:
    """Seconds and bytes to places on the page."""

    def __init__(self, points):
        times = [max(time, 1e-3) for _, time, _ in points]
        sizes = [size for _, _, size in points]
        low, high = math.log10(min(times)), math.log10(max(times))
        margin = max(0.06 * (high - low), 0.12)
        self.low, self.high = low - margin, high + margin
        spread = max(max(sizes) - min(sizes), 0.02 * max(sizes))
        self.least, self.most = max(min(sizes) - 0.09 * spread, 0), max(sizes) + 0.09 * spread

    def x(self, time):
        share = (math.log10(max(time, 1e-3)) - self.low) / (self.high - self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, size):
        return TOP + (self.most - size) / (self.most - self.least) * (HEIGHT - TOP - BOTTOM)

    def times(self):
        """1, 2 and 5 of every power of ten that is in sight, fewer where there are many."""
        decades = range(math.floor(self.low), math.ceil(self.high) + 1)
        steps = (1, 2, 5) if self.high - self.low < 4 else (1,)
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        return [tick for tick in ticks if self.low <= math.log10(tick) <= self.high]

    def sizes(self):
        """Round sizes, about eight."""
        rough = (self.most - self.least) / 8
        unit = 10 ** math.floor(math.log10(rough))
        step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
        first = math.ceil(self.least / step)
        return [number * step for number in range(first, int(self.most / step) + 1)], step


def seconds_text(seconds):
    if seconds >= 3600:
        return f"{seconds / 3600:g} h"
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:g} min"
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"


def text_width(text):
    """A little more than the text takes; cmx is set in bold."""
    return sum(0.38 if letter in " -.,1iljtfI" else 0.66 for letter in text) * FONT * (1.1 if text.startswith("cmx") else 1) + 6


def overlap(one, other):
    """How much two rectangles (left, top, right, bottom) share."""
    return max(0, min(one[2], other[2]) - max(one[0], other[0])) * max(0, min(one[3], other[3]) - max(one[1], other[1]))


def segment_boxes(x1, y1, x2, y2):
    """Small boxes along a line, for labels to keep off."""
    steps = max(1, int(math.hypot(x2 - x1, y2 - y1) / 6))
    for step in range(steps + 1):
        x, y = x1 + (x2 - x1) * step / steps, y1 + (y2 - y1) * step / steps
        yield (x - 2, y - 2, x + 2, y + 2)


def place_labels(labels, lines):
    """A rectangle for each label (text, x, y): near its point, on no other, off the lines where possible."""
    points = [(x - 7, y - 7, x + 7, y + 7) for _, x, y in labels]
    taken, places = [], []
    for text, x, y in labels:
        width, height = text_width(text), FONT + 3
        best = None
        for distance in (10, 16, 24, 36, 50, 66):
            for angle in range(0, 360, 15):
                # To the right first, then up and down, then to the left.
                turn = math.radians(angle // 2 if angle // 15 % 2 == 0 else -(angle + 15) // 2)
                dx, dy = math.cos(turn), -math.sin(turn)
                left = x + distance * dx + (dx - 1) / 2 * width
                middle = y + distance * dy
                box = (left, middle - height / 2, left + width, middle + height / 2)
                if box[0] < LEFT + 3 or box[2] > WIDTH - 6 or box[1] < TOP + 2 or box[3] > HEIGHT - BOTTOM - 3:
                    continue
                cost = sum(overlap(box, other) for other in taken) * 100
                cost += sum(overlap(box, point) for point in points) * 20
                cost += sum(overlap(box, part) for part in lines) * 3
                cost += distance * 2 + abs(math.degrees(turn)) / 12
                if best is None or cost < best[0]:
                    best = (cost, box, distance)
        box, distance = (best[1], best[2]) if best else ((x + 10, y - height / 2, x + 10 + width, y + height / 2), 10)
        taken.append(box)
        places.append((box, distance))
    return places


def svg(summary, way):
    """The chart for `way`: compress or decompress."""
    seconds = lambda total: getattr(total, way)
    points = [(total.name, seconds(total), total.coded) for total in summary.totals]
    axes = Axes(points)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="{FONT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="28" font-size="18" font-weight="600" fill="{INK}">Size against time to {way}</text>',
        f'<text x="{LEFT}" y="50" fill="{FAINT}">{len(summary.files)} files, {summary.raw / 1e6:,.1f} MB, each on its own, one thread, CPU seconds for all; '
        f"nearer to the lower left is better</text>",
    ]
    out += grid(axes, summary.raw)
    line = [(axes.x(seconds(total)), axes.y(total.coded)) for total in frontier(summary.totals, seconds)]
    # Nothing is smaller to the right of the best, and nothing is quicker above the quickest.
    line = [(line[0][0], TOP), *line, (WIDTH - RIGHT, line[-1][1])]
    steps = [line[0], line[1]]
    for x, y in line[2:]:
        steps += [(x, steps[-1][1]), (x, y)]
    path = " ".join(f"{'L' if number else 'M'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(steps))
    out.append(f'<path d="{path}" fill="none" stroke="{FAINT}" stroke-width="1.5" stroke-dasharray="5 4"/>')
    avoid = [box for one, other in zip(steps, steps[1:]) for box in segment_boxes(*one, *other)]
    own = sorted((point for point in points if point[0].startswith("cmx")), key=lambda point: point[0])
    if len(own) > 1:
        places = [(axes.x(time), axes.y(size)) for _, time, size in own]
        out.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" fill="none" stroke="{OWN}" stroke-width="1.6" opacity="0.45"/>')
        avoid += [box for one, other in zip(places, places[1:]) for box in segment_boxes(*one, *other)]
    out += marks(points, axes, avoid)
    out += legend()
    return "\n".join([*out, "</svg>"]) + "\n"


def grid(axes, raw):
    sizes, step = axes.sizes()
    out = []
    digits = 0 if step >= 1e6 else min(3, math.ceil(-math.log10(step / 1e6)))
    for size in sizes:
        y = axes.y(size)
        out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{GRID}"/>')
        out.append(f'<text x="{LEFT - 9}" y="{y + 4.5:.1f}" text-anchor="end" fill="{FAINT}">{size / 1e6:.{digits}f}</text>')
    for time in axes.times():
        x = axes.x(time)
        out.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" stroke="{GRID}"/>')
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle" fill="{FAINT}">{seconds_text(time)}</text>')
    out.append(f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="{FAINT}"/>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out.append(f'<text x="22" y="{middle}" text-anchor="middle" fill="{INK}" transform="rotate(-90 22 {middle})">total size, MB (of {raw / 1e6:,.1f})</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 16}" text-anchor="middle" fill="{INK}">user + system CPU time, logarithmic</text>')
    return out


def marks(points, axes, avoid):
    # Crowded points choose their labels' places first.
    placed = [(name, axes.x(time), axes.y(size)) for name, time, size in points]
    crowd = lambda one: -sum(1 for other in placed if math.hypot(one[1] - other[1], one[2] - other[2]) < 90)
    placed.sort(key=lambda one: (crowd(one), one[0]))
    out, texts = [], []
    for (name, x, y), (box, distance) in zip(placed, place_labels(placed, avoid)):
        is_own = name.startswith("cmx")
        colour = OWN if is_own else PEER
        if distance > 16:
            near = (min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3]))
            out.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{near[0]:.1f}" y2="{near[1]:.1f}" stroke="{colour}" stroke-width="0.8" opacity="0.6"/>')
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5"' if is_own else f'<rect x="{x - 4.3:.1f}" y="{y - 4.3:.1f}" width="8.6" height="8.6"'
        out.append(f'{shape} fill="{colour}" stroke="#ffffff" stroke-width="1.2"/>')
        weight = ' font-weight="600"' if is_own else ""
        label = f'<text x="{(box[0] + box[2]) / 2:.1f}" y="{box[3] - 4:.1f}" text-anchor="middle"{weight}'
        # The halo is an element of its own: not every viewer knows `paint-order`.
        texts.append(f'{label} fill="none" stroke="#ffffff" stroke-width="3">{escape(name)}</text>')
        texts.append(f'{label} fill="{colour}">{escape(name)}</text>')
    return out + texts


def legend():
    x, y = WIDTH - RIGHT - 292, 23
    return [
        f'<circle cx="{x}" cy="{y}" r="5" fill="{OWN}"/><text x="{x + 11}" y="{y + 4.5}" fill="{INK}">cmx</text>',
        f'<rect x="{x + 57}" y="{y - 4.3}" width="8.6" height="8.6" fill="{PEER}"/><text x="{x + 73}" y="{y + 4.5}" fill="{INK}">peers</text>',
        f'<line x1="{x + 126}" y1="{y}" x2="{x + 156}" y2="{y}" stroke="{FAINT}" stroke-width="1.5" stroke-dasharray="5 4"/>',
        f'<text x="{x + 164}" y="{y + 4.5}" fill="{INK}">best at its speed</text>',
    ]
