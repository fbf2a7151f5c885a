/// Which run a row belongs to and which code it measured.
package struct RunIdentity: Equatable, Sendable {
    package var runID: String
    /// The full id of the commit; nil outside a repository.
    package var commit: String?
    package var branch: String?
    /// Whether the working tree differed from the commit.
    package var isDirty: Bool?

    package init(runID: String, commit: String?, branch: String?, isDirty: Bool?) {
        self.runID = runID
        self.commit = commit
        self.branch = branch
        self.isDirty = isDirty
    }
}
