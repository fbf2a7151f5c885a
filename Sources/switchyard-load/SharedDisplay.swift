import Load

/// The display of progress, for closures of runs that follow one another.
final class SharedDisplay {
    private var display: ProgressDisplay

    init(isOn: Bool) { display = ProgressDisplay(isOn: isOn) }

    func show(_ progress: LoadProgress, of step: String) { display.show(progress, of: step) }

    func clear() { display.clear() }
}
