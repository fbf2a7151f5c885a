extension HTTP.Method {
    /// The method whose name `token` is.
    init(token name: Span<UInt8>) {
        self =
            switch name.count {
            case 3 where name.has("GET", at: 0): .get
            case 4 where name.has("HEAD", at: 0): .head
            case 4 where name.has("POST", at: 0): .post
            case 3 where name.has("PUT", at: 0): .put
            case 6 where name.has("DELETE", at: 0): .delete
            case 7 where name.has("CONNECT", at: 0): .connect
            case 7 where name.has("OPTIONS", at: 0): .options
            case 5 where name.has("TRACE", at: 0): .trace
            case 5 where name.has("PATCH", at: 0): .patch
            default: .other
            }
    }
}
