/// The spelling rules of Prometheus' text exposition format, version 0.0.4.
enum TextFormat {
    /// A metric or label name: what is not allowed becomes an underscore.
    static func name(_ text: String) -> String {
        let name = String(
            text.unicodeScalars.map { scalar -> Character in
                let isAllowed =
                    scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                return isAllowed || scalar == "_" ? Character(scalar) : "_"
            })
        guard let first = name.first, !first.isNumber else { return "_" + name }
        return name
    }

    /// `{a="b",c="d"}`, or nothing without labels. The order is the caller's.
    static func labels(_ labels: [(name: String, value: String)]) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    /// The text behind `# HELP`: one line.
    static func help(_ text: String) -> String { escaped(text, quotes: false) }

    /// A value: whole numbers without a fraction, and the format's own words for the rest.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        // Beyond 2^53 not every whole number is a Double: print what is there.
        return value == value.rounded() && abs(value) < 9_007_199_254_740_992 ? "\(Int64(value))" : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
