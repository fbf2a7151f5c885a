// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built alike: Swift 6 mode, strict memory safety, warnings as errors.
///
/// `-enable-cmo-everything` lets the optimiser see `package` declarations of other modules in
/// release builds; without it every generic of a protocol or a histogram would stay unspecialised
/// in the loops that use it. `make asm-check` proves the effect after each change of toolchain.
///
/// `SuppressedAssociatedTypes` lets an associated type be noncopyable, as a client's sessions are.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .enableExperimentalFeature("SuppressedAssociatedTypes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enable-cmo-everything"], .when(configuration: .release)),
]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(
    _ name: String, path: String? = nil, _ dependencies: [Target.Dependency],
    exclude: [String] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: path, exclude: exclude,
        swiftSettings: strict)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude,
        swiftSettings: strict)
}

let package = Package(
    name: "switchyard",
    products: [
        .executable(name: "switchyard-server", targets: ["switchyard-server"]),
        .executable(name: "switchyard-load", targets: ["switchyard-load"]),
        .executable(name: "switchyard", targets: ["switchyard"]),
        .executable(name: "switchyard-documents", targets: ["switchyard-documents"]),
        .library(name: "mallocmeter", type: .dynamic, targets: ["mallocmeter"]),
    ],
    targets: [
        .target(
            name: "CLinux",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Werror"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CUring", pkgConfig: "liburing", providers: [.apt(["liburing-dev"])]),
        .target(
            name: "CRing", dependencies: ["CUring"],
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Werror"])]),
        .target(
            name: "CRecordBuffers", dependencies: ["COpenSSL"],
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Werror"])]),

        .target(
            name: "Basis", swiftSettings: strict,
            linkerSettings: [
                .linkedLibrary("m"),
                // docs/decisions/0002: modules opened to each other emit the same specialisations
                // of the standard library under the same names.
                .unsafeFlags(
                    ["-Xlinker", "--allow-multiple-definition"], .when(configuration: .release)),
            ]),
        library("Platform", ["Basis", "CLinux", "CRing"]),
        library("Wire", ["Basis"]),
        library("Secure", ["Basis", "Platform", "COpenSSL", "CRecordBuffers"]),
        library("Scrape", ["Basis", "Platform", "Wire"]),
        library("Measure", ["Basis", "CZlib"]),
        library("Report", ["Basis", "Measure"]),
        library("Compare", ["Basis", "Measure", "Report"]),
        library("Serve", ["Basis", "Platform", "Wire", "Secure", "Measure", "Scrape"]),
        library(
            "Load", ["Basis", "Platform", "Wire", "Secure", "Measure", "Report", "Scrape"]),
        library("Link", ["Basis", "Platform", "Measure"]),
        library("Matrix", ["Basis", "Platform", "Measure", "Report", "Compare", "Link"]),

        library("Documents", ["Basis"]),

        program("switchyard-server", ["Basis", "Platform", "Serve"]),
        program("switchyard-load", ["Basis", "Platform", "Load", "Report"]),
        program("switchyard", ["Basis", "Platform", "Matrix", "Report"]),
        program(
            "switchyard-documents", ["Basis", "Platform", "Documents", "Load", "Matrix", "Serve"]),

        .executableTarget(
            name: "switchyard-floor", dependencies: ["COpenSSL"], path: "Benchmarks/Floor",
            cSettings: [
                .define("_GNU_SOURCE"), .unsafeFlags(["-O2", "-Wall", "-Werror"]),
            ]),
        .target(
            name: "mallocmeter", path: "Benchmarks/Mallocmeter",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-O2", "-Wall", "-Werror"])]),
        program(
            "switchyard-micro", path: "Benchmarks/Micro",
            ["Basis", "Platform", "Wire", "Measure", "Serve"], exclude: ["hot-symbols.txt"]),

        .target(
            name: "TestSupport", dependencies: ["Basis", "Platform", "Measure", "Report", "Serve"],
            path: "Tests/TestSupport",
            swiftSettings: strict),
        tests("BasisTests", ["Basis"]),
        tests("PlatformTests", ["Basis", "Platform"]),
        tests("WireTests", ["Basis", "Wire"]),
        tests("MeasureTests", ["Basis", "Measure"]),
        tests("ReportTests", ["Basis", "Measure", "Report"], exclude: ["Golden"]),
        tests(
            "CompareTests", ["Basis", "Measure", "Report", "Compare", "Matrix"],
            exclude: ["Golden"]),
        tests("SecureTests", ["Basis", "Platform", "Secure", "CRecordBuffers"]),
        tests("ServeTests", ["Basis", "Platform", "Wire", "Secure", "Serve"]),
        tests("LoadTests", ["Basis", "Platform", "Wire", "Secure", "Measure", "Report", "Load"]),
        tests("LinkTests", ["Basis", "Platform", "Measure", "Link"]),
        tests(
            "MatrixTests",
            ["Basis", "Platform", "Measure", "Report", "Compare", "Link", "Matrix"],
            exclude: ["Fixtures"]),
        tests("EndToEndTests", ["Basis", "Platform", "Measure", "Report", "Serve"]),
        tests("PeerTests", ["Basis", "Platform", "Wire", "Measure", "Report", "Serve"]),
        tests(
            "PackageTests",
            ["Basis", "Platform", "Documents", "Load", "Matrix", "Serve", "switchyard-documents"]),
        tests("TidyTests", ["Basis"]),
        tests("MicroTests", ["Basis", "Platform", "switchyard-micro"]),
    ]
)
