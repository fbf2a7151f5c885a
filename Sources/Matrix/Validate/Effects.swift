import Basis

/// The effects that `validate` knows.
enum Effects {
    static let all: [any Effect.Type] = [
        NagleEffect.self, RoundTripEffect.self, HandshakeEffect.self, AcceptOrderEffect.self,
        HerdEffect.self, CashierEffect.self, LumpinessEffect.self, TwoConnectionsEffect.self,
        MixedEffect.self, OpenMixedEffect.self, BlockingEffect.self, StallEffect.self,
        HandoverEffect.self, ProcessEffect.self,
    ]

    /// A row with its effect.
    struct Entry {
        let effect: any Effect.Type
        let row: EffectRow

        var name: String { effect.fullName(row) }
    }

    static func entries(of effects: [any Effect.Type] = all) -> [Entry] {
        effects.flatMap { effect in effect.rows.map { Entry(effect: effect, row: $0) } }
    }

    /// The rows whose name contains `filter`, all of them where there is none.
    static func entries(
        matching filter: String?, of effects: [any Effect.Type] = all
    ) throws(Complaint) -> [Entry] {
        let known = entries(of: effects)
        guard let filter else { return known }
        let found = known.filter { !filter.isEmpty && $0.name.contains(filter) }
        if !found.isEmpty { return found }
        let names = known.map(\.name)
        let near =
            nearestName(to: filter, among: names + effects.map { $0.name })
            .map { "did you mean \($0)? " } ?? ""
        throw Complaint(
            "--filter '\(filter)' is in no row's name",
            remedy: near + "see switchyard validate --list")
    }
}
