"""Pages of pconv --to html: their elements, and the data in them."""
import base64
import html.parser
import json

from ptftest import equal

CLASSES = ("unknown", "python", "native", "kernel", "runnable", "gil", "wait")


def unpacked(text):
    """A packed column: zigzag varints in base64."""
    values, value, shift = [], 0, 0
    for byte in base64.b64decode(text):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append(value >> 1 ^ -(value & 1))
            value = shift = 0
    return values


class Page(html.parser.HTMLParser):
    """The elements of a page, and the data in it."""

    def __init__(self, text):
        super().__init__()
        self.text = text
        self.tags, self.links, self.scripts, self.inside = [], [], [], None
        self.feed(self.text)
        self.close()
        self.data = json.loads(next(text for kind, text in self.scripts
                                    if kind == "application/json"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.links += [(tag, attrs[key]) for key in ("src", "href", "action", "data", "srcset")
                       if key in attrs]
        if tag in ("script", "style"):
            self.inside = [attrs.get("type", ""), ""]

    def handle_data(self, data):
        if self.inside:
            self.inside[1] += data

    def handle_endtag(self, tag):
        if tag == "script":
            self.scripts.append(tuple(self.inside))
        if tag in ("script", "style"):
            self.inside = None

    def column(self, *path):
        """A packed column of the data."""
        item = self.data
        for key in path:
            item = item[key]
        return unpacked(item)

    def series(self, name):
        """(node, thread, class kind, [(bin, ns, samples)]) of each series, whose points
        must be all of its time: no trace here has aggregates."""
        columns = {key: self.column(name, key) for key in self.data[name]}
        points = iter(zip(columns["point_bin"], columns["point_time_ns"],
                          columns["point_samples"]))
        node = 0
        for i, step in enumerate(columns["node"]):
            node += step
            found, bin_ = [], 0
            for _ in range(columns["point_count"][i]):
                more, ns, samples = next(points)
                bin_ += more
                found.append((bin_, ns + samples * self.data["period_ns"], samples))
            equal((sum(ns for _, ns, _ in found), sum(count for *_, count in found)),
                  (columns["time_ns"][i] + columns["samples"][i] * self.data["period_ns"],
                   columns["samples"][i]), f"time and samples of series {i} of {name}")
            kind = self.data["class_ids"][columns["class_id"][i]]["kind"]
            yield node, columns["thread"][i], CLASSES[kind], found
        equal(next(points, None), None, "points beyond the last series")
