#if DEBUG || HANDICAP
    import Basis
    import Platform
    import Synchronization

    /// Makes one thread of a server dearer by a known share, so that a gate can be shown a
    /// regression of known size (`make gate-selftest`).
    ///
    /// No server has it but one built with `-Xswiftc -DHANDICAP`; a debug build has it for its
    /// test alone. It belongs to one thread, which is the only one to call it.
    struct Handicap: ~Copyable, Sendable {
        enum Limit {
            /// Work between two readings of the clock. Each is a system call, and more often it
            /// would cost a share of its own.
            static let work: UInt64 = 128
            static let shareMax = 10.0
        }

        /// What is burnt, as a share of what the thread's own work took.
        let share: Double
        private let paidWork = Atomic<UInt64>(0)
        private let burnt = Atomic<Int64>(0)

        init(share: Double) { self.share = share }

        /// Burns what the work since the last payment owes. It is counted against all that was
        /// burnt so far, so that readings of the clock and overshooting do not add up.
        ///
        /// - Parameters:
        ///   - work: messages and system calls of the thread since its start.
        ///   - clock: the CPU time of the thread.
        func pay(work: UInt64, clock: () -> Nanoseconds) {
            guard share > 0, work &- paidWork.load(ordering: .relaxed) >= Limit.work else { return }
            paidWork.store(work, ordering: .relaxed)
            let before = clock()
            let burntBefore = burnt.load(ordering: .relaxed)
            let goal = Double(before.raw - burntBefore) * (1 + share)
            var now = before
            while Double(now.raw) < goal { now = clock() }
            burnt.store(burntBefore + (now - before).raw, ordering: .relaxed)
        }

        /// Reads a share written as a percentage: `8%`.
        static func parse(_ text: String) throws(Complaint) -> Double {
            guard text.hasSuffix("%"), let percent = Double(text.dropLast()), percent >= 0,
                percent / 100 <= Limit.shareMax
            else {
                throw Complaint(
                    "--handicap '\(text)' is no share", remedy: "write it like 8%, up to 1000%")
            }
            return percent / 100
        }
    }
#endif

#if HANDICAP
    extension Handicap {
        /// The share that the command line asks for, in millionths; set before any thread starts.
        private static let chosen = Atomic<Int>(0)

        /// That of a thread of this process.
        static var ofThread: Handicap {
            Handicap(share: Double(chosen.load(ordering: .relaxed)) / 1e6)
        }

        /// Takes note of `--handicap`.
        static func choose(_ parsed: ParsedOptions) throws(Complaint) {
            guard let text = parsed.text("handicap") else { return }
            chosen.store(Int(try parse(text) * 1e6), ordering: .relaxed)
        }

        func pay(_ tally: Tally, _ syscalls: SyscallCounts) {
            pay(work: tally.requests &+ syscalls.receive &+ syscalls.accept) {
                CPUClock.thisThread
            }
        }
    }

    extension [OptionSpec] {
        /// These, and the one that only this build has.
        var withHandicap: [OptionSpec] {
            self + [
                OptionSpec(
                    "handicap", value: "SHARE", help: "burn this share more CPU time, such as 8%")
            ]
        }
    }
#endif
