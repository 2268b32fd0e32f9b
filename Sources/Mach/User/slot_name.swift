// slot_name of <mach/mach.h>: types and subtypes of processors in words.

import CMach

/// Either pointer may be nil.
@_cdecl("slot_name") @implementation
public func slot_name(
  _ cpu_type: cpu_type_t, _ cpu_subtype: cpu_subtype_t, _ cpu_name: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!,
  _ cpu_subname: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) {
  let (name, subname) = names(of: cpu_type, cpu_subtype & 0xff_ffff)
  if let cpu_name { cpu_name.pointee = text(name) }
  if let cpu_subname { cpu_subname.pointee = text(subname ?? "unknown") }
}

/// A text that stays. Programs have it as one that could be changed, as ever, and must not.
private func text(_ string: StaticString) -> UnsafeMutablePointer<CChar> {
  UnsafeMutableRawPointer(mutating: string.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// The names of a type and of a subtype without its flags.
private func names(of type: cpu_type_t, _ subtype: cpu_subtype_t) -> (StaticString, StaticString?) {
  switch type {
  case CPU_TYPE_VAX: ("vax", vax(subtype))
  case CPU_TYPE_MC680x0: ("mc680x0", mc680x0(subtype))
  case CPU_TYPE_X86: ("x86", x86(subtype))
  case CPU_TYPE_X86_64: ("x86-64", x86Wide(subtype))
  case 8: ("mips", mips(subtype))
  case CPU_TYPE_MC98000: ("mc98000", subtype == 0 ? "MC98000" : subtype == 1 ? "MC98601" : nil)
  case CPU_TYPE_HPPA: ("hppa", subtype == 0 ? "HP PA-RISC 7100" : subtype == 1 ? "HP PA-RISC 7100LC" : nil)
  case CPU_TYPE_ARM: ("arm", arm(subtype))
  case CPU_TYPE_ARM64: ("arm64", subtype == 0 ? "ARM64" : subtype == 1 ? "ARM64 v8" : nil)
  case CPU_TYPE_MC88000:
    ("mc88000", subtype == 0 ? "MC88000" : subtype == 1 ? "MC88100" : subtype == 2 ? "MC88110" : nil)
  case CPU_TYPE_SPARC: ("sparc", subtype == 0 ? "SPARC" : nil)
  case CPU_TYPE_I860: ("i860", subtype == 0 ? "Intel i860" : subtype == 1 ? "Intel 80860" : nil)
  case CPU_TYPE_POWERPC: ("ppc", powerPC(subtype))
  case CPU_TYPE_POWERPC64: ("ppc64", powerPC(subtype))
  default: ("unknown", nil)
  }
}

private func vax(_ subtype: cpu_subtype_t) -> StaticString? {
  switch subtype {
  case 0: "VAX"
  case CPU_SUBTYPE_VAX780: "VAX-11/780"
  case CPU_SUBTYPE_VAX785: "VAX-11/785"
  case CPU_SUBTYPE_VAX750: "VAX-11/750"
  case CPU_SUBTYPE_VAX730: "VAX-11/730"
  case CPU_SUBTYPE_UVAXI: "MicroVAX I"
  case CPU_SUBTYPE_UVAXII: "MicroVAX II"
  case CPU_SUBTYPE_VAX8200: "VAX 8200"
  case CPU_SUBTYPE_VAX8500: "VAX 8500"
  case CPU_SUBTYPE_VAX8600: "VAX 8600"
  case CPU_SUBTYPE_VAX8650: "VAX 8650"
  case CPU_SUBTYPE_VAX8800: "VAX 8800"
  case CPU_SUBTYPE_UVAXIII: "MicroVAX III"
  default: nil
  }
}

private func mc680x0(_ subtype: cpu_subtype_t) -> StaticString? {
  switch subtype {
  case CPU_SUBTYPE_MC680x0_ALL: "MC680x0"
  case CPU_SUBTYPE_MC68040: "MC68040"
  case CPU_SUBTYPE_MC68030_ONLY: "MC68030"
  default: nil
  }
}

/// A family in the low four bits, a model above.
private func x86(_ subtype: cpu_subtype_t) -> StaticString? {
  switch (subtype & 15, subtype >> 4) {
  case (3, 0): "Intel 80386"
  case (4, 0): "x86-64, or Intel 80486"
  case (4, 8): "Intel 80486SX"
  case (5, 0): "Intel Pentium"
  case (6, 1): "Intel Pentium Pro"
  case (6, 3): "Intel Pentium II, model 3"
  case (6, 5): "Intel Pentium II, model 5"
  case (7, 6): "Intel Celeron"
  case (7, 7): "Intel Celeron Mobile"
  case (8, 0): "x86-64 Haswell, or Intel Pentium III"
  case (8, 1): "Intel Pentium III Mobile"
  case (8, 2): "Intel Pentium III Xeon"
  case (9, 0): "Intel Pentium M"
  case (10, 0): "Intel Pentium 4"
  case (10, 1): "Intel Pentium 4 Mobile"
  case (11, 0): "Intel Itanium"
  case (11, 1): "Intel Itanium 2"
  case (12, 0): "Intel Xeon"
  case (12, 1): "Intel Xeon MP"
  default: nil
  }
}

private func x86Wide(_ subtype: cpu_subtype_t) -> StaticString? {
  switch subtype {
  case CPU_SUBTYPE_X86_64_ALL: "x86-64"
  case CPU_SUBTYPE_X86_ARCH1: "x86-64, first form"
  case CPU_SUBTYPE_X86_64_H: "x86-64 Haswell"
  default: nil
  }
}

private func mips(_ subtype: cpu_subtype_t) -> StaticString? {
  switch subtype {
  case CPU_SUBTYPE_MIPS_ALL: "MIPS"
  case CPU_SUBTYPE_MIPS_R2300: "MIPS R2300"
  case CPU_SUBTYPE_MIPS_R2600: "MIPS R2600"
  case CPU_SUBTYPE_MIPS_R2800: "MIPS R2800"
  case CPU_SUBTYPE_MIPS_R2000a: "MIPS R2000a"
  case CPU_SUBTYPE_MIPS_R2000: "MIPS R2000"
  case CPU_SUBTYPE_MIPS_R3000a: "MIPS R3000a"
  case CPU_SUBTYPE_MIPS_R3000: "MIPS R3000"
  default: nil
  }
}

private func arm(_ subtype: cpu_subtype_t) -> StaticString? {
  switch subtype {
  case CPU_SUBTYPE_ARM_ALL: "ARM"
  case CPU_SUBTYPE_ARM_V4T: "ARM v4T"
  case CPU_SUBTYPE_ARM_V6: "ARM v6"
  case CPU_SUBTYPE_ARM_V5TEJ: "ARM v5TEJ"
  case CPU_SUBTYPE_ARM_XSCALE: "ARM XScale"
  case CPU_SUBTYPE_ARM_V7: "ARM v7"
  case CPU_SUBTYPE_ARM_V7F: "ARM v7f"
  case CPU_SUBTYPE_ARM_V7S: "ARM v7s"
  case CPU_SUBTYPE_ARM_V7K: "ARM v7k"
  case CPU_SUBTYPE_ARM_V8: "ARM v8"
  case CPU_SUBTYPE_ARM_V6M: "ARM v6-M"
  case CPU_SUBTYPE_ARM_V7M: "ARM v7-M"
  case CPU_SUBTYPE_ARM_V7EM: "ARM v7E-M"
  default: nil
  }
}

private func powerPC(_ subtype: cpu_subtype_t) -> StaticString? {
  switch subtype {
  case CPU_SUBTYPE_POWERPC_ALL: "PowerPC"
  case CPU_SUBTYPE_POWERPC_601: "PowerPC 601"
  case CPU_SUBTYPE_POWERPC_602: "PowerPC 602"
  case CPU_SUBTYPE_POWERPC_603: "PowerPC 603"
  case CPU_SUBTYPE_POWERPC_603e: "PowerPC 603e"
  case CPU_SUBTYPE_POWERPC_603ev: "PowerPC 603ev"
  case CPU_SUBTYPE_POWERPC_604: "PowerPC 604"
  case CPU_SUBTYPE_POWERPC_604e: "PowerPC 604e"
  case CPU_SUBTYPE_POWERPC_620: "PowerPC 620"
  case CPU_SUBTYPE_POWERPC_750: "PowerPC 750"
  case CPU_SUBTYPE_POWERPC_7400: "PowerPC 7400"
  case CPU_SUBTYPE_POWERPC_7450: "PowerPC 7450"
  case CPU_SUBTYPE_POWERPC_970: "PowerPC 970"
  default: nil
  }
}
