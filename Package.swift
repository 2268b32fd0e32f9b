// swift-tools-version: 6.2
// Four layers that import only downward: Mach -> MachKernel -> CMach, CLinux.
// The flags of each flavour (ship, asan, tsan, test) are the Makefile's: see there.
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
]

let cSettings: [CSetting] = [
  .enableWarning("all"),
  .enableWarning("extra"),
  .treatAllWarnings(as: .error),
  .unsafeFlags(["-fvisibility=hidden"]),
]

let package = Package(
  name: "libmach",
  products: [
    .library(name: "mach", type: .dynamic, targets: ["Mach"]),
    // For Swift programs: `import CMach`, the installed library by its headers.
    .library(name: "CMach", targets: ["InstalledMach"]),
  ],
  targets: [
    .systemLibrary(name: "InstalledMach", path: "include", pkgConfig: "libmach", providers: [.apt(["libmach-dev"])]),
    .target(name: "CLinux", cSettings: cSettings),
    .target(name: "CMach", exclude: ["errors.def"], cSettings: cSettings),
    .target(name: "MachKernel", dependencies: ["CLinux", "CMach"], swiftSettings: swiftSettings),
    .target(
      name: "Mach",
      dependencies: ["MachKernel", "CLinux", "CMach"],
      exclude: [
        "libmach.map", "libmach-checked.map",
        "libmach.pc.in", "libmach-config.cmake.in", "libmach-config-version.cmake.in",
      ],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "MachKernelTests",
      dependencies: ["MachKernel", "CLinux", "CMach"],
      swiftSettings: swiftSettings
    ),
  ],
  cLanguageStandard: .gnu11
)
