/// Looks at JSON from outside before a library does.
///
/// FoundationEssentials of Swift 6.3 traps, instead of throwing, at a text that ends right behind its 513th open bracket
/// (observed): 513 bytes of a stranger would end the process.
public enum JSONInput {
    /// Arrays and objects inside each other: as deep as the library follows them.
    public static let depthLimit = 512

    /// Whether `JSONDecoder` may be given these bytes; whether they are JSON is for it to say.
    ///
    /// Refused are brackets nested deeper than `depthLimit`, what is not UTF-8, and zero bytes, which JSON in UTF-8 never
    /// has: they make the library read the text as UTF-16 or UTF-32, in which brackets would be counted wrongly.
    public static func isReadable(_ bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var (depth, isInText, isEscaped) = (0, false, false)
        for byte in bytes {
            switch byte {
            case 0: return false
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = isInText
            case UInt8(ascii: "\""): isInText.toggle()
            case UInt8(ascii: "["), UInt8(ascii: "{"): if !isInText { depth += 1 }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): if !isInText { depth -= 1 }
            default: break
            }
            if depth > depthLimit { return false }
        }
        return true
    }
}
