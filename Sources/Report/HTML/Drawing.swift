import Basis

/// An SVG image made fit to stand inside an HTML document among others: only shapes and texts are
/// left, no script, style sheet, foreign content or reference out of the image, and its ids have a
/// prefix of their own.
///
/// The scripts in `plots/` are the expected source (gnuplot's svg terminal), but nothing is taken
/// for granted: what is not on the lists below is left out.
package struct Drawing: Equatable, Sendable {
    /// The image as an `svg` element.
    package let svg: String
    /// What its colours and shapes stand for, as the image itself says.
    package let legend: [LegendEntry]

    /// - Parameters:
    ///   - name: a prefix for the ids, unique in the document.
    ///   - label: what the image shows, for those who can't see it.
    /// - Throws: `XMLRefusal` when `text` is not well formed or no image with a viewBox.
    package init(parsing text: String, name: String, label: String) throws(XMLRefusal) {
        let root = try XMLElement(parsing: text)
        guard root.name == "svg", let box = root["viewBox"], Self.isNumbers(box) else {
            throw XMLRefusal(problem: "is not an svg element with a viewBox", line: 1)
        }
        var writer = Writer(prefix: name + "-")
        writer.svg +=
            "<svg viewBox=\"\(box)\" role=\"img\" aria-label=\"\(Markup.escaped(label))\">"
        for child in root.children { writer.write(child) }
        legend = LegendEntry.all(in: root, prefix: writer.prefix)
        svg = writer.svg + "</svg>"
    }

    private static func isNumbers(_ text: String) -> Bool {
        let words = text.split(separator: " ")
        return words.count == 4 && words.allSatisfy { Double($0) != nil }
    }

    /// Elements that draw. `title` and `desc` are left out: gnuplot fills them with numbers that
    /// would show up under the mouse.
    private static let elements: Set = [
        "g", "defs", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "text",
        "tspan", "use", "clipPath", "linearGradient", "radialGradient", "stop",
    ]

    /// Attributes that say where and how. `style` is none of them: it could load.
    private static let attributes: Set = [
        "clip-path", "clip-rule", "color", "cx", "cy", "d", "dx", "dy", "fill", "fill-opacity",
        "fill-rule", "font-family", "font-size", "font-style", "font-weight", "gradientTransform",
        "gradientUnits", "height", "id", "offset", "opacity", "points", "r", "rx", "ry",
        "shape-rendering", "stop-color", "stop-opacity", "stroke", "stroke-dasharray",
        "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-opacity", "stroke-width",
        "text-anchor", "transform", "width", "x", "x1", "x2", "y", "y1", "y2",
    ]

    private struct Writer {
        let prefix: String
        var svg = ""

        mutating func write(_ node: XMLElement.Node) {
            switch node {
            case .text(let text):
                // Between elements there is only indentation.
                if !text.allSatisfy(\.isWhitespace) { svg += Markup.escaped(text) }
            case .element(let element):
                guard elements.contains(element.name) else { return }
                // gnuplot opens a group for every change of colour, whether or not it draws.
                if element.name == "g", !element.children.contains(where: draws) { return }
                svg += "<\(element.name)"
                for attribute in element.attributes { write(attribute) }
                svg += ">"
                for child in element.children { write(child) }
                svg += "</\(element.name)>"
            }
        }

        private func draws(_ node: XMLElement.Node) -> Bool {
            switch node {
            case .text(let text): !text.allSatisfy(\.isWhitespace)
            case .element(let element):
                element.name != "g" || element.children.contains(where: draws)
            }
        }

        private mutating func write(_ attribute: XMLElement.Attribute) {
            var value = attribute.value
            var name = attribute.name
            switch name {
            case "id": value = prefix + value
            case "href", "xlink:href":
                guard value.hasPrefix("#") else { return }
                name = "href"
                value = "#" + prefix + value.dropFirst()
            default:
                guard attributes.contains(name) else { return }
                if value.lowercased().contains("url(") {
                    guard value.hasPrefix("url(#"), value.hasSuffix(")") else { return }
                    value = "url(#" + prefix + value.dropFirst(5)
                }
            }
            svg += " \(name)=\"\(Markup.escaped(value))\""
        }
    }
}
