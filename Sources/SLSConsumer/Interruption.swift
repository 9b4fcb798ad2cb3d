package import System

/// Does something, but no longer than until `stop` is set: then it is cancelled.
///
/// - Returns: nil when it was stopped first. What was already done stays done.
package func until<Value: Sendable, Failure: Error>(
    _ stop: Eventually<Void>, _ body: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value? {
    let result = await withTaskGroup(of: Result<Value, Failure>?.self) { group in
        group.addTask {
            do throws(Failure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        group.addTask {
            _ = await stop.value()
            return nil
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        return first
    }
    return try result?.get()
}
