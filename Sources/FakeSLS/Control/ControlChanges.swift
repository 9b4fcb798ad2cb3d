/// What the control pages changed in the present turn beside the store, to take back where the turn is lost. Loop thread
/// only.
final class ControlChanges {
    private var ways: [() -> Void] = []

    /// - Parameter takeBack: Undoes what was just changed, while nothing later is there any more.
    func note(_ takeBack: @escaping () -> Void) { ways.append(takeBack) }

    func turnEnded(committed: Bool) {
        if !committed { for takeBack in ways.reversed() { takeBack() } }
        ways.removeAll()
    }
}
