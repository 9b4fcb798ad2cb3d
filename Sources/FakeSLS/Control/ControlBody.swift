internal import FoundationEssentials
internal import SLSProtocol

/// The JSON object of a control request, read member by member: what is wrong is said with the member's name.
struct ControlBody {
    private let object: JSONObject

    /// - Parameter known: The members it may have.
    /// - Throws: `ParameterInvalid`, as all of it.
    init(_ bytes: [UInt8], known: [String]) throws(APIError) {
        guard let object = JSONObject(bytes) else { throw .parameterInvalid("the body is not a JSON object") }
        for (name, _) in object.members where !known.contains(name) {
            throw .parameterInvalid(
                "\"\(name.prefix(60))\": unknown; there are \(known.map { "\"\($0)\"" }.joined(separator: ", "))")
        }
        self.object = object
    }

    /// nil where it is absent, or null.
    func text(_ name: String) throws(APIError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = decoded(String.self, value) else { throw .parameterInvalid("\"\(name)\": expected a text") }
        return text
    }

    /// A text that must be there and not be empty.
    func required(_ name: String) throws(APIError) -> String {
        guard let text = try text(name).nonEmpty else { throw .parameterInvalid("\"\(name)\": expected a text") }
        return text
    }

    /// One of a kind's words; nil where it is absent.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(APIError) -> Choice? where Choice.RawValue == String {
        guard let text = try text(name) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let known = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw .parameterInvalid("\"\(name)\": expected one of \(known)")
    }

    /// nil where it is absent.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let value = value(name) else { return nil }
        guard let number = decoded(Int.self, value), range.contains(number) else {
            throw .parameterInvalid(
                "\"\(name)\": expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// nil where it is absent.
    func number(_ name: String, in range: ClosedRange<Double>) throws(APIError) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = decoded(Double.self, value), range.contains(number) else {
            throw .parameterInvalid("\"\(name)\": expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Whether it is there and true.
    func flag(_ name: String) throws(APIError) -> Bool {
        guard let value = value(name) else { return false }
        guard let flag = decoded(Bool.self, value) else {
            throw .parameterInvalid("\"\(name)\": expected true or false")
        }
        return flag
    }

    /// Whether it is there, whatever it is.
    func has(_ name: String) -> Bool { value(name) != nil }

    private func value(_ name: String) -> [UInt8]? {
        let value = object[name]
        return value == Array("null".utf8) ? nil : value
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ json: [UInt8]) -> Value? {
        // What is of another type is the caller's to say.
        try? JSONDecoder().decode(type, from: Data(json))
    }
}
