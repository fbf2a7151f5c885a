/// A name in a figure's legend and the mark beside it, for where the figure is wider than the
/// window.
package struct LegendEntry: Equatable, Sendable {
    package let name: String
    /// The id of the mark's shape in the document.
    let shape: String
    /// A colour of SVG.
    let colour: String

    /// The entries of an image by gnuplot: a label of a figure that has a mark is drawn as its text
    /// and, directly behind it, the mark, a little to the left of the text.
    ///
    /// - Parameter prefix: that of the ids in the document.
    static func all(in root: XMLElement, prefix: String) -> [LegendEntry] {
        var items: [Item] = []
        collect(root, into: &items)
        return zip(items, items.dropFirst()).compactMap { first, second in
            guard case .text(let name, let place) = first,
                case .mark(let shape, let colour, let spot) = second,
                (8...30).contains(place.x - spot.x), abs(place.y - spot.y) < 9
            else { return nil }
            return LegendEntry(name: name, shape: prefix + shape, colour: colour)
        }
    }

    private typealias Place = (x: Double, y: Double)

    /// What is drawn, in its order.
    private enum Item {
        case text(String, Place)
        case mark(shape: String, colour: String, Place)
        case other
    }

    private static func collect(_ element: XMLElement, into items: inout [Item]) {
        for case .element(let child) in element.children where child.name != "defs" {
            switch child.name {
            case "text":
                items.append(place(of: element).map { .text(child.text, $0) } ?? .other)
            case "use":
                if let shape = child["xlink:href"], shape.hasPrefix("#"),
                    let colour = child["color"], let place = place(of: child)
                {
                    items.append(
                        .mark(shape: String(shape.dropFirst()), colour: colour, place))
                } else {
                    items.append(.other)
                }
            case "g": collect(child, into: &items)
            case "title", "desc": break
            default: items.append(.other)
            }
        }
    }

    /// What `transform="translate(X,Y) ..."` says.
    private static func place(of element: XMLElement) -> Place? {
        guard let text = element["transform"], text.hasPrefix("translate(") else { return nil }
        let numbers = text.dropFirst("translate(".count).prefix { $0 != ")" }.split(separator: ",")
        guard numbers.count == 2, let x = Double(numbers[0]), let y = Double(numbers[1]) else {
            return nil
        }
        return (x, y)
    }
}

extension XMLElement {
    /// All text in it.
    fileprivate var text: String {
        children.map { child in
            switch child {
            case .text(let text): text
            case .element(let element): element.text
            }
        }.joined()
    }
}

extension Drawing {
    /// The legend as a list; nothing where there is none.
    var legendMarkup: Markup {
        if legend.isEmpty { return "" }
        let items = legend.map { entry in
            Markup.element(
                "li", [:],
                .element(
                    "svg", ["viewBox": "-1 -1 2 2", "aria-hidden": "true"],
                    .element("use", ["href": "#\(entry.shape)", "color": entry.colour])),
                .text(entry.name))
        }
        return .element("ul", ["class": "legend"], items) + "\n"
    }
}
