/// The fields that both ends of HPACK know from the start, RFC 7541 Appendix A.
///
/// One literal holds the bytes of all, so that a field is found without a look whether a table was
/// made already.
enum HPACKStaticTable {
    static let count = 61

    /// The name of the field with `index`, 1 to `count`.
    @_lifetime(immortal)
    @inline(always)
    static func name(_ index: Int) -> Span<UInt8> {
        let place = places[index]
        return text(Int(place.start), Int(place.nameCount))
    }

    @_lifetime(immortal)
    @inline(always)
    static func value(_ index: Int) -> Span<UInt8> {
        let place = places[index]
        return text(Int(place.start) &+ Int(place.nameCount), Int(place.valueCount))
    }

    @inline(always)
    static func known(_ index: Int) -> HTTP.FieldName { places[index].known }

    /// The first index whose name is `name`, and whether the value of that or a later one is
    /// `value` too. The scan touches only entries whose name is as long.
    static func find(
        name: Span<UInt8>, value: Span<UInt8>
    ) -> (index: Int, hasValue: Bool)? {
        var index = 1
        while index <= count, !isNamed(name, index) { index &+= 1 }
        if index > count { return nil }
        // Equal names follow each other.
        var other = index
        while other <= count, isNamed(name, other) {
            if Self.value(other).equals(value) { return (other, true) }
            other &+= 1
        }
        return (index, false)
    }

    private static func isNamed(_ name: Span<UInt8>, _ index: Int) -> Bool {
        Int(places[index].nameCount) == name.count && Self.name(index).equals(name)
    }

    @_lifetime(immortal)
    @inline(always)
    private static func text(_ start: Int, _ count: Int) -> Span<UInt8> {
        literal.span.extracting(start..<start &+ count)
    }

    private struct Place: BitwiseCopyable {
        let start: UInt16
        let nameCount: UInt8
        let valueCount: UInt8
        let known: HTTP.FieldName

        init(_ start: UInt16, _ nameCount: UInt8, _ valueCount: UInt8, _ known: HTTP.FieldName) {
            self.start = start
            self.nameCount = nameCount
            self.valueCount = valueCount
            self.known = known
        }
    }

    private static let literal: StaticString = """
        :authority:methodGET:methodPOST:path/:path/index.html:schemehttp:schemehttps:status200\
        :status204:status206:status304:status400:status404:status500accept-charsetaccept-encod\
        inggzip, deflateaccept-languageaccept-rangesacceptaccess-control-allow-originageallowa\
        uthorizationcache-controlcontent-dispositioncontent-encodingcontent-languagecontent-le\
        ngthcontent-locationcontent-rangecontent-typecookiedateetagexpectexpiresfromhostif-mat\
        chif-modified-sinceif-none-matchif-rangeif-unmodified-sincelast-modifiedlinklocationma\
        x-forwardsproxy-authenticateproxy-authorizationrangerefererrefreshretry-afterserverset\
        -cookiestrict-transport-securitytransfer-encodinguser-agentvaryviawww-authenticate
        """

    /// Behind a place for index zero, which names nothing.
    private static let places: [62 of Place] = [
        Place(0, 0, 0, .other), Place(0, 10, 0, .authority), Place(10, 7, 3, .method),
        Place(20, 7, 4, .method), Place(31, 5, 1, .path), Place(37, 5, 11, .path),
        Place(53, 7, 4, .scheme), Place(64, 7, 5, .scheme), Place(76, 7, 3, .status),
        Place(86, 7, 3, .status), Place(96, 7, 3, .status), Place(106, 7, 3, .status),
        Place(116, 7, 3, .status), Place(126, 7, 3, .status), Place(136, 7, 3, .status),
        Place(146, 14, 0, .other), Place(160, 15, 13, .other), Place(188, 15, 0, .other),
        Place(203, 13, 0, .other), Place(216, 6, 0, .other), Place(222, 27, 0, .other),
        Place(249, 3, 0, .other), Place(252, 5, 0, .other), Place(257, 13, 0, .other),
        Place(270, 13, 0, .other), Place(283, 19, 0, .other), Place(302, 16, 0, .other),
        Place(318, 16, 0, .other), Place(334, 14, 0, .contentLength), Place(348, 16, 0, .other),
        Place(364, 13, 0, .other), Place(377, 12, 0, .contentType), Place(389, 6, 0, .other),
        Place(395, 4, 0, .other), Place(399, 4, 0, .other), Place(403, 6, 0, .expect),
        Place(409, 7, 0, .other), Place(416, 4, 0, .other), Place(420, 4, 0, .host),
        Place(424, 8, 0, .other), Place(432, 17, 0, .other), Place(449, 13, 0, .other),
        Place(462, 8, 0, .other), Place(470, 19, 0, .other), Place(489, 13, 0, .other),
        Place(502, 4, 0, .other), Place(506, 8, 0, .location), Place(514, 12, 0, .other),
        Place(526, 18, 0, .other), Place(544, 19, 0, .other), Place(563, 5, 0, .other),
        Place(568, 7, 0, .other), Place(575, 7, 0, .other), Place(582, 11, 0, .other),
        Place(593, 6, 0, .other), Place(599, 10, 0, .other), Place(609, 25, 0, .other),
        Place(634, 17, 0, .transferEncoding), Place(651, 10, 0, .other), Place(661, 4, 0, .other),
        Place(665, 3, 0, .other), Place(668, 16, 0, .other),
    ]
}
