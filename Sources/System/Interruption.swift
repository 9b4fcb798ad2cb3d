/// Does something, but no longer than until `stop` is set: then it is cancelled.
///
/// - Returns: nil when it was stopped first. What was already done stays done.
public func until<Stop, Value: Sendable, Failure: Error>(
    _ stop: Eventually<Stop>, _ body: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value? {
    let result = await withTaskGroup(of: Result<Value, Failure>?.self) { group in
        group.addTask { await outcome(of: body) }
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

/// Does something, and beside it what is cancelled when that is done.
public func beside<Value: Sendable, Failure: Error>(
    _ companions: [@Sendable () async -> Void], _ body: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result = await withTaskGroup(of: Result<Value, Failure>?.self) { group in
        for companion in companions {
            group.addTask {
                await companion()
                return nil
            }
        }
        group.addTask { await outcome(of: body) }
        var result: Result<Value, Failure>?
        while result == nil, let next = await group.next() { result = next }
        group.cancelAll()
        return result
    }
    guard let result else { preconditionFailure("it ended without a result") }
    return try result.get()
}

func outcome<Value, Failure: Error>(
    of body: @Sendable () async throws(Failure) -> Value
) async -> Result<Value, Failure> {
    do throws(Failure) {
        return .success(try await body())
    } catch {
        return .failure(error)
    }
}
