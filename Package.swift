// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: the language mode of the next major version where it helps, each pointer use spelled `unsafe`,
/// and no warning left standing.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// A library target in `Sources/`, in the dependency order of ARCHITECTURE.md.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A system library behind a module map and a shim; see CONTRIBUTING.md for the Debian packages.
func system(_ name: String, _ package: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: package, providers: [.apt([apt])])
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestKit"], path: path, exclude: exclude, swiftSettings: strict)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
// Only tests use it.
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

/// The one test target to build, for a sanitizer whose build need not hold the others; nil for all.
let onlyTests = Context.environment["SLS_ONLY_TESTS"]

let package = Package(
    name: "swift-sls",
    products: [
        .executable(name: "fake-sls", targets: ["fake-sls"]),
        .executable(name: "sls-dispatch", targets: ["sls-dispatch"]),
        .library(name: "SLSClient", targets: ["SLSClient"]),
        .library(name: "SLSConsumer", targets: ["SLSConsumer"]),
        .library(name: "FakeSLS", targets: ["FakeSLS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        // No trait: only its runtime for generated code is wanted.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: ([
        system("CEvent", "libevent_pthreads", apt: "libevent-dev"),
        // Debian's http-parser has no pkg-config file.
        .systemLibrary(name: "CHTTPParser", providers: [.apt(["libhttp-parser-dev"])]),
        system("COpenSSL", "openssl", apt: "libssl-dev"),
        system("CSQLite", "sqlite3", apt: "libsqlite3-dev"),
        system("CCurl", "libcurl", apt: "libcurl4-openssl-dev"),
        system("CLZ4", "liblz4", apt: "liblz4-dev"),
        system("CZstd", "libzstd", apt: "libzstd-dev"),
        system("CZlib", "zlib", apt: "zlib1g-dev"),
        system("CYAML", "yaml-0.1", apt: "libyaml-dev"),
        .target(name: "CGNU"),

        library("System", ["CGNU"]),
        library("YAML", ["CYAML"]),
        library("ConsoleLog", ["System", logging]),
        library("PrometheusText", ["System", coreMetrics]),
        library("EventHTTP", ["CEvent", "CHTTPParser", "COpenSSL", "System"]),
        library("SQLite", ["CSQLite"]),
        library("CurlHTTP", ["CCurl", "System"]),
        library("SLSProtocol", ["CLZ4", "CZstd", "CZlib", "COpenSSL"]),
        library("SLSClient", ["SLSProtocol", "CurlHTTP", "System", logging]),
        library("SLSConsumer", ["SLSProtocol", "SLSClient", "System", logging, metrics, deque]),
        library("Dispatcher", ["SLSProtocol", "SLSClient", "SLSConsumer", "System", logging, metrics, deque]),
        library("FakeSLS", ["SLSProtocol", "SQLite", "EventHTTP", "System", logging, metrics, deque]),
        library("Rehearsal", ["Dispatcher", "FakeSLS", "SLSClient", "SLSProtocol", "System", logging]),

        .executableTarget(
            name: "fake-sls",
            dependencies: [
                "ConsoleLog", "FakeSLS", "PrometheusText", "SLSProtocol", "YAML", "System", arguments, logging, metrics,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "sls-dispatch",
            dependencies: [
                "ConsoleLog", "Dispatcher", "EventHTTP", "PrometheusText", "Rehearsal", "SLSClient", "SLSConsumer",
                "SLSProtocol", "System", "YAML", arguments, signals, logging, metrics,
            ],
            swiftSettings: strict),

        // An example that is built and run with the tests.
        .executableTarget(
            name: "swift-consumer", dependencies: ["SLSClient", "SLSConsumer", "SLSProtocol", signals],
            path: "docs/examples/swift-consumer", swiftSettings: strict),

        .target(
            name: "TestKit",
            dependencies: ["EventHTTP", "FakeSLS", "SLSClient", "SLSConsumer", "SLSProtocol", "System", logging],
            path: "Tests/TestKit", swiftSettings: strict),
        .target(
            name: "Simulation", dependencies: ["Dispatcher", "FakeSLS", "SLSClient", "SLSConsumer", "SLSProtocol"],
            path: "Tests/Simulation", swiftSettings: strict),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation", "SLSConsumer", "System", arguments, signals],
            path: "Tests/simulate",
            swiftSettings: strict),
        tests("SimulationTests", ["Simulation", "SLSConsumer"]),
        tests("SystemTests", ["System"]),
        tests("YAMLTests", ["YAML"]),
        tests("ConsoleLogTests", ["ConsoleLog", "System", logging]),
        tests("PrometheusTextTests", ["PrometheusText", metrics]),
        tests("EventHTTPTests", ["EventHTTP", "COpenSSL", "System"]),
        tests("SQLiteTests", ["SQLite"]),
        tests("CurlHTTPTests", ["CurlHTTP", "System"]),
        tests(
            "SLSProtocolTests", ["SLSProtocol", protobuf],
            exclude: ["Protobuf/README.md", "Protobuf/capture_log_group.py", "Protobuf/sls_logs.proto"]),
        tests("SLSClientTests", ["SLSClient", "SLSProtocol", "System"]),
        tests("SLSConsumerTests", ["SLSConsumer", "SLSClient", "SLSProtocol", "System", logging]),
        tests("DispatcherTests", ["Dispatcher", "SLSConsumer", "SLSClient", "SLSProtocol", "System", logging]),
        tests("FakeSLSTests", ["FakeSLS", "SLSProtocol", "EventHTTP", "SQLite", "System", "CurlHTTP", logging]),
        tests("FakeSLSCommandTests", ["CurlHTTP", "fake-sls", "FakeSLS", "SLSProtocol", "System", arguments, logging]),
        // Seeded fuzzing; also what `make sanitize` builds, so it needs little. The program is started as a process.
        tests(
            "HostileInputTests",
            ["fake-sls", "EventHTTP", "FakeSLS", "SLSProtocol", "SQLite", "System", "YAML", logging],
            exclude: ["Corpus"]),
        tests("TidyTests", ["System"]),
        // The programs are dependencies so that they are built; the tests start them as processes.
        tests(
            "IntegrationTests",
            ["fake-sls", "sls-dispatch", "simulate", "swift-consumer", "SLSClient", "SLSProtocol", "System", "YAML"],
            path: "IntegrationTests", exclude: ["python"]),
    ] as [Target]).filter { $0.type != .test || onlyTests == nil || $0.name == onlyTests },
    swiftLanguageModes: [.v6]
)
