import FakeSLS
import SLSProtocol
import System

/// Reads one setting after the other, and gathers what is wrong.
struct SettingsReader {
    let options: Options
    let environment: [String: String]
    var mistakes = Mistakes()

    /// An option's value, else its variable's; an empty variable counts as unset. With the name to blame.
    func text(_ name: String, _ option: String?) -> (source: String, value: String)? {
        if let option { return (name, option) }
        let variable = "FAKE_SLS_" + name.dropFirst(2).uppercased().replacing("-", with: "_")
        guard let value = environment[variable], !value.isEmpty else { return nil }
        return (variable, value)
    }

    func hosts() -> [String] {
        if !options.host.isEmpty { return options.host }
        return (text("--host", nil)?.value ?? "").split(separator: ",").map(String.init)
    }

    mutating func port(_ name: String, _ option: String?) -> Int? {
        guard let (source, value) = text(name, option) else { return nil }
        if let port = Int(value), (0...65_535).contains(port) { return port }
        mistakes.add("\(source) \(value): expected a port, 0 to 65535")
        return nil
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ option: String?, of type: Choice.Type = Choice.self
    ) -> Choice? where Choice.RawValue == String {
        guard let (source, value) = text(name, option) else { return nil }
        if let choice = Choice(rawValue: value) { return choice }
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        mistakes.add("\(source) \(value): expected one of \(known)")
        return nil
    }

    /// The files of `--tls-cert` and `--tls-key`: both or none.
    mutating func certificate(hasPort: Bool) -> FakeSLSServer.CertificateFiles? {
        let chain = text("--tls-cert", options.tlsCert)
        let key = text("--tls-key", options.tlsKey)
        for file in [chain, key] {
            if let (source, path) = file, !Files.exists(path) { mistakes.add("\(source) \(path): no such file") }
        }
        switch (chain, key) {
        case (nil, nil): return nil
        case (let chain?, let key?):
            if !hasPort { mistakes.add("\(chain.source): needs --tls-port") }
            return FakeSLSServer.CertificateFiles(chain: chain.value, key: key.value)
        case (let chain?, nil): mistakes.add("\(chain.source): needs --tls-key")
        case (nil, let key?): mistakes.add("\(key.source): needs --tls-cert")
        }
        return nil
    }

    /// The option names a file, the variable holds the pairs: secrets do not travel on command lines.
    mutating func accessKeys() -> [String: String] {
        do throws(Mistakes) {
            if let path = options.accessKeys {
                guard let bytes = read("--access-keys", path) else { return [:] }
                return try AccessKeys.parse(file: bytes, name: "--access-keys \(path)")
            }
            guard let pairs = text("--access-keys", nil) else { return EmulatorConfiguration().accessKeys }
            return try AccessKeys.parse(pairs: pairs.value, name: pairs.source)
        } catch {
            mistakes.add(error)
            return [:]
        }
    }

    mutating func domains() -> [String: ProjectName] {
        let given = text("--domain", options.domain.isEmpty ? nil : options.domain.joined(separator: ","))
        guard let (source, value) = given else { return [:] }
        return mistakes.collect { _ in try CustomDomains.parse(value, name: source) } ?? [:]
    }

    mutating func baseDomains() -> [String] {
        let given = text("--base-domain", options.baseDomain.isEmpty ? nil : options.baseDomain.joined(separator: ","))
        guard let (source, value) = given else { return [] }
        return mistakes.collect { _ in try ParentDomains.parse(value, name: source) } ?? []
    }

    mutating func region() -> String? {
        guard let (source, value) = text("--region", options.region) else { return nil }
        if ParentDomains.isHostText(value) { return value }
        mistakes.add("\(source) \(value): expected a region, such as cn-hangzhou")
        return nil
    }

    mutating func limits() -> Limits {
        guard let (source, value) = text("--limits", options.limits) else { return .relaxed }
        switch value {
        case "relaxed": return .relaxed
        case "strict": return .strict
        default: return parse(source, value) { (bytes) throws(Mistakes) in try LimitsFile.parse(bytes) } ?? .relaxed
        }
    }

    mutating func rules() -> Rules {
        guard let (source, path) = text("--rules", options.rules) else { return Rules() }
        return parse(source, path) { (bytes) throws(Mistakes) in try RulesFile.parse(bytes) } ?? Rules()
    }

    mutating func stores(limits: Limits) -> [InitialProject] {
        guard let (source, path) = text("--init", options.initial) else { return [] }
        return parse(source, path) { (bytes) throws(Mistakes) in try InitFile.parse(bytes, limits: limits) } ?? []
    }

    private mutating func parse<Value>(
        _ source: String, _ path: String, _ parse: ([UInt8]) throws(Mistakes) -> Value
    ) -> Value? {
        guard let bytes = read(source, path) else { return nil }
        do throws(Mistakes) {
            return try parse(bytes)
        } catch {
            mistakes.add(error, prefix: "\(source) \(path)")
            return nil
        }
    }

    private mutating func read(_ source: String, _ path: String) -> [UInt8]? {
        do throws(SystemError) {
            return try Files.read(path, limit: 1 << 20)
        } catch {
            mistakes.add("\(source) \(path): \(error)")
            return nil
        }
    }
}
