import Basis
import Platform
import TestSupport
import Testing

@testable import Serve

@Suite("serve: admission")
struct AdmissionTests {
    @Test(
        "a connection whose descriptor others are to have is closed, and counted as shed",
        arguments: [0, 8, DescriptorLimit.current.soft])
    func spare(count: Int) throws {
        let listener = try Listener(
            Socket.listen(on: .v4(0x7F00_0001, port: 0), ListenOptions()))
        defer { listener.socket.free() }
        let client = try RawClient(to: listener.address)
        var admission = try Admission(leaving: count)
        var kernel = LinuxKernel()
        var tally = Tally()
        var isAdmitted = false
        let hasDecided = TestClock.eventually {
            let admitted = admission.admit(from: listener, with: &kernel, tally: &tally)
            isAdmitted = admitted != nil
            return isAdmitted || tally.shed > 0
        }
        // The table of this process is nearly empty: only all of it can be too much to leave.
        let hasRoom = count < DescriptorLimit.current.soft
        #expect(hasDecided && isAdmitted == hasRoom && admission.mustPause == !hasRoom)
        #expect(tally.accepted == (hasRoom ? 1 : 0) && tally.shed == (hasRoom ? 0 : 1))
        #expect(try client.endsSilently())
    }
}
