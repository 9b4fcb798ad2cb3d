/// Does the same with each of these, with all at the same time.
///
/// - Returns: What came of each, in their order, once all are done.
/// - Throws: What the first of them in that order threw.
public func allAtOnce<Element: Sendable, Value: Sendable, Failure: Error>(
    _ elements: [Element], _ body: @escaping @Sendable (Element) async throws(Failure) -> Value
) async throws(Failure) -> [Value] {
    let results = await withTaskGroup(of: (index: Int, result: Result<Value, Failure>).self) { group in
        for (index, element) in elements.enumerated() {
            group.addTask { (index, await outcome(of: { () async throws(Failure) in try await body(element) })) }
        }
        return await group.reduce(into: []) { $0.append($1) }
    }
    var values: [Value] = []
    for one in results.sorted(by: { $0.index < $1.index }) { values.append(try one.result.get()) }
    return values
}
