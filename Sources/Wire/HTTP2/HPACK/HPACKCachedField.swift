/// Where a connection's table has a field that its encoder sends again and again, such as Server
/// or Date.
///
/// With it no search is needed, and the field is inserted again once it was evicted: a Date a
/// second fills 4,096 bytes in a minute and drives out everything that is older. It belongs to one
/// encoder and one name.
package struct HPACKCachedField: BitwiseCopyable, Sendable {
    /// The insertion number of the entry. None is as large as the one before the first insertion.
    var number = UInt64.max
    /// Which of its values the entry has.
    var stamp: UInt64 = 0

    package init() {}
}
