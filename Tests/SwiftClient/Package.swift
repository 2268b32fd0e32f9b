// swift-tools-version: 6.2
// A Swift program that uses the installed library, as any package would.
import PackageDescription

let package = Package(
  name: "SwiftClient",
  dependencies: [
    .package(name: "libmach", path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "SwiftClient",
      dependencies: [.product(name: "CMach", package: "libmach")],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
    )
  ]
)
