import Basis
import Secure
import Testing

@testable import Serve

@Suite("what a connection holds of the budget of payloads")
struct HoldingTests {
    @Test("an echo counts with its storage, however much of it is out")
    func drainedEcho() {
        var connection = ConnectionState<HTTP1Session>()
        connection.output.append(repeating: 7, count: Limit.unsentStorageBytes)
        #expect(connection.holding == 0)
        connection.output.append(repeating: 7, count: 16 << 20)
        let storage = connection.output.storageBytes
        #expect(connection.holding == storage - Limit.unsentStorageBytes)
        connection.output.consume(connection.output.count - 1)
        #expect(connection.holding == storage - Limit.unsentStorageBytes)
        connection.output.trim(above: Limit.unsentStorageBytes)
        #expect(connection.holding == 0)
        let payload = [UInt8](repeating: 7, count: 1_000)
        connection.session.keep(payload.span, of: 0)
        #expect(connection.holding == 1_000)
    }
}
