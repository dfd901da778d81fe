"""Rust types, the C header and the reference page of a SystemRDL register map.

usage: regs_rust.py INPUT.rdl OUTPUT.rs OUTPUT.h OUTPUT.md

Called by `cargo xtask regs`, which formats the Rust and puts the heads on. docs/decisions/0003 says why not
peakrdl-rust. The map is flat: 32-bit registers, or arrays of one dimension of them, directly in the address map.
"""

import re
import sys
import textwrap
from itertools import groupby
from os.path import commonprefix

from systemrdl import RDLCompileError, RDLCompiler
from systemrdl.node import RegNode

TRAITS = """
use bitflags::bitflags;

/// A 32-bit register of the node.
pub trait Register: Copy {
    /// The name in the register map.
    const NAME: &'static str;
    /// Byte offset from the node's base address; of an array, that of its first entry.
    const OFFSET: u16;
    /// Value after reset; 0 where hardware drives the field.
    const RESET: u32;
    /// A read is answered; if not, it gets SLVERR.
    const READABLE: bool;
    /// A write is answered; if not, it gets SLVERR.
    const WRITABLE: bool;

    /// The register with these bits, those of no field included.
    fn from_bits(bits: u32) -> Self;
    /// The bits as they are on the bus.
    fn bits(self) -> u32;
}

/// A register that may be read.
pub trait ReadRegister: Register {}

/// A register that may be written.
pub trait WriteRegister: Register {}

/// What a test may want to know of every register without naming its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterInfo {
    /// The name in the register map.
    pub name: &'static str,
    /// Byte offset from the node's base address.
    pub offset: u16,
    /// A read is answered; if not, it gets SLVERR.
    pub readable: bool,
    /// A write is answered; if not, it gets SLVERR.
    pub writable: bool,
    /// Value after reset; 0 where hardware drives the field.
    pub reset: u32,
}

impl RegisterInfo {
    const fn of<R: Register>() -> Self {
        Self::at::<R>(R::NAME, R::OFFSET)
    }

    const fn at<R: Register>(name: &'static str, offset: u16) -> Self {
        Self {
            name,
            offset,
            readable: R::READABLE,
            writable: R::WRITABLE,
            reset: R::RESET,
        }
    }
}

/// A field holds a value that its enumeration does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownValue(pub u32);

impl core::fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "no meaning for the value {}", self.0)
    }
}

impl core::error::Error for UnknownValue {}
"""


class Map:
    """What all outputs need to know of the register map."""

    def __init__(self, path):
        compiler = RDLCompiler()
        # An enumeration that no field is encoded with (a value that only sometimes means it) is not in the
        # elaborated tree. Every definition passes here.
        self.enums = {}
        register_type = compiler.namespace.register_type

        def record(name, ref, src_ref):
            if isinstance(ref, type) and hasattr(ref, "__members__"):
                self.enums.setdefault(name, ref)
            register_type(name, ref, src_ref)

        compiler.namespace.register_type = record
        compiler.compile_file(path)
        self.top = compiler.elaborate().top
        self.regs = [node for node in self.top.children() if isinstance(node, RegNode)]
        self.names = {reg.inst_name for reg in self.regs}
        self.flags = self._flags()
        # The rules for all accesses are the second paragraph of the source's opening comment.
        with open(path, encoding="utf-8") as source:
            head = "".join(line for line in source if line.startswith("//")).split("\n//\n")
        self.rules = " ".join(re.sub(r"(?m)^// ?", "", "\n".join(head[1:])).split())

    def _flags(self):
        """Registers that are sets of single bits: {register: (name of the set's type, registers that share it)}."""

        def shape(reg):
            return [(f.inst_name, f.low) for f in reg.fields()]

        sets = [reg for reg in self.regs if all(f.width == 1 for f in reg.fields())]
        found = {}
        for _, same in groupby(sorted(sets, key=shape), key=shape):
            same = sorted(same, key=offset)
            prefix = commonprefix([reg.inst_name for reg in same]).rstrip("_")
            for reg in same:
                found[reg.inst_name] = (camel(prefix), same)
        return found

    def text(self, text):
        """A description as a sentence, with the names that it mentions marked as code."""
        text = " ".join((text or "").split())

        def mark(found):
            word = found[0]
            return f"`{word}`" if "_" in word or word.split(".")[0] in self.names else word

        text = re.sub(r"\b[A-Z][A-Z0-9_]+(?:\.[a-z_]+)?\b|\b[a-z]+(?:_[a-z]+)+\b", mark, text)
        return text if not text or text[-1] in ".?!:" else text + "."

    def title(self, reg):
        return self.text(reg.get_property("name"))

    def desc(self, reg):
        return self.text(reg.get_property("desc"))

    def field_desc(self, field):
        """The field's own words, or those of the same flag in the register that it shares its type with."""
        same = self.flags.get(field.parent.inst_name, (None, []))[1]
        for reg in [field.parent, *same]:
            if text := reg.get_child_by_name(field.inst_name).get_property("desc"):
                return self.text(text)
        return self.text(field.inst_name.replace("_", " ").capitalize())


def camel(name):
    name = "".join(part.capitalize() for part in re.sub(r"_e$", "", name).split("_"))
    # Not to hide what every Rust file has in scope.
    return f"{name}Reg" if name in ("Option", "Result", "Copy", "Default", "Register") else name


def offset(reg):
    """Of an array, that of its first entry."""
    return reg.raw_address_offset


def entries(reg):
    """Name and offset of a register, or of each entry of an array."""
    if not reg.is_array:
        return [(reg.inst_name, offset(reg))]
    (count,) = reg.array_dimensions
    return [(f"{reg.inst_name}[{i}]", offset(reg) + i * reg.array_stride) for i in range(count)]


def readable(reg):
    return any(field.is_sw_readable for field in reg.fields())


def writable(reg):
    return any(field.is_sw_writable for field in reg.fields())


def reset(reg):
    return sum((field.get_property("reset") or 0) << field.low for field in reg.fields())


def driven(reg):
    """Hardware alone says what a read answers, after reset too."""
    return all(field.get_property("reset") is None for field in reg.fields())


def mask(field):
    return ((1 << field.width) - 1) << field.low


def hexa(value):
    """As rustc wants to read it: groups of four."""
    digits = f"{value:X}"
    if len(digits) > 4:
        digits = f"{value:0{-(-len(digits) // 4) * 4}X}"
    return "0x" + "_".join(digits[max(0, at - 4) : at] for at in range(len(digits), 0, -4)[::-1])


def access(reg):
    kinds = {(True, True): "read-write", (True, False): "read-only", (False, True): "write-only"}
    kind = kinds[readable(reg), writable(reg)]
    if any(str(field.get_property("onwrite") or "").endswith("woclr") for field in reg.fields()):
        kind = "read, write 1 to clear"
    return kind


def doc(text, prefix="///"):
    return [f"{prefix} {line}" for line in textwrap.wrap(text, 95, break_on_hyphens=False)]


class Rust:
    """One `no_std` file without unsafe code."""

    def __init__(self, regmap):
        self.map = regmap
        self.lines = doc("Registers of the node, as types.", "//!")
        self.lines += ["//!"]
        self.lines += doc(
            "A register is a plain value: read it, take fields with the getters, make one with the chainable "
            "`with_` setters, write it. `Default` is all zero, which is not always [`Register::RESET`].",
            "//!",
        )
        self.lines += TRAITS.splitlines()
        for name, enum in regmap.enums.items():
            self.enum(name, enum)
        done = set()
        for reg in regmap.regs:
            if reg.inst_name not in regmap.flags:
                self.fields(reg)
                continue
            name, same = regmap.flags[reg.inst_name]
            if name not in done:
                self.flags(name, same)
                done.add(name)
            if len(same) > 1:
                self.newtype(reg, name)
        self.table()

    def add(self, *lines):
        self.lines += lines

    def enum(self, name, enum):
        name = camel(name)
        fields = [f for reg in self.map.regs for f in reg.fields() if f.get_property("encode") is enum]
        where = " and ".join(f"`{f.parent.inst_name}.{f.inst_name}`" for f in fields)
        # An enumeration of no field still has a name that says what it is.
        words = re.sub(r"(?<!^)([A-Z])", r" \1", name).capitalize()
        self.add("", *doc(f"Values of {where}." if where else f"{words}."))
        self.add("#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]", "#[repr(u32)]", f"pub enum {name} {{")
        for member in enum:
            self.add(*doc(self.map.text(member.rdl_desc or member.name)), f"{camel(member.name)} = {member.value},")
        self.add("}", "")
        self.add(f"impl TryFrom<u32> for {name} {{", "type Error = UnknownValue;", "")
        self.add("fn try_from(value: u32) -> core::result::Result<Self, UnknownValue> {", "Ok(match value {")
        self.add(*(f"{member.value} => Self::{camel(member.name)}," for member in enum))
        self.add("_ => return Err(UnknownValue(value)),", "})", "}", "}", "")
        self.add(f"impl From<{name}> for u32 {{", f"fn from(value: {name}) -> Self {{", "value as Self", "}", "}")

    def head(self, reg):
        self.add(*doc(self.map.title(reg)), "///")
        if text := self.map.desc(reg):
            self.add(*doc(text), "///")
        value = "driven by hardware" if driven(reg) else f"0x{reset(reg):X} after reset"
        where = f"`{reg.inst_name}` at 0x{offset(reg):03X}"
        if reg.is_array:
            where = f"`{reg.inst_name}`, {len(entries(reg))} registers from 0x{offset(reg):03X} on"
        self.add(*doc(f"{where}, {access(reg)}, {value}."))

    def register(self, reg, name, from_bits, bits):
        flag = {True: "true", False: "false"}
        self.add("", f"impl Register for {name} {{")
        self.add(f'const NAME: &\'static str = "{reg.inst_name}";', f"const OFFSET: u16 = 0x{offset(reg):03X};")
        self.add(f"const RESET: u32 = {hexa(reset(reg))};")
        self.add(f"const READABLE: bool = {flag[readable(reg)]};", f"const WRITABLE: bool = {flag[writable(reg)]};")
        self.add("", "fn from_bits(bits: u32) -> Self {", from_bits, "}")
        self.add("", "fn bits(self) -> u32 {", bits, "}", "}")
        for kind, has in (("Read", readable(reg)), ("Write", writable(reg))):
            if has:
                self.add("", f"impl {kind}Register for {name} {{}}")

    def flags(self, name, same):
        self.add("", "bitflags! {")
        start = len(self.lines)
        if len(same) == 1:
            self.head(same[0])
        else:
            self.add(*doc(f"The flags of {' and '.join(f'[`{camel(reg.inst_name)}`]' for reg in same)}."))
        self.add("#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]", f"pub struct {name}: u32 {{")
        for field in same[0].fields():
            self.add(*doc(self.map.field_desc(field)), f"const {field.inst_name.upper()} = 1 << {field.low};")
        self.add("}")
        # rustfmt does not look into the macro.
        inside = 0
        for at in range(start, len(self.lines)):
            line = self.lines[at]
            inside -= line == "}"
            self.lines[at] = "    " * (inside + 1) + line
            inside += line.endswith("{")
        self.add("}")
        if len(same) == 1:
            self.register(same[0], name, "Self::from_bits_retain(bits)", "Self::bits(&self)")

    def newtype(self, reg, flags):
        name = camel(reg.inst_name)
        self.add("")
        self.head(reg)
        self.add("#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]", f"pub struct {name}(pub {flags});")
        self.register(reg, name, f"Self({flags}::from_bits_retain(bits))", "self.0.bits()")

    def fields(self, reg):
        name = camel(reg.inst_name)
        self.add("")
        self.head(reg)
        self.add("#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]", f"pub struct {name}(pub u32);", "")
        self.add(f"impl {name} {{")
        if reg.is_array:
            self.add("/// Entries of the array; each is 4 bytes behind the one before.")
            self.add(f"pub const ENTRIES: u16 = {len(entries(reg))};", "")
        for at, field in enumerate(reg.fields()):
            self.add(*[""] * bool(at))
            self.field(field)
        self.add("}")
        self.register(reg, name, "Self(bits)", "self.0")

    def field(self, field):
        name, const = field.inst_name, field.inst_name.upper()
        shift = f" >> Self::{const}_SHIFT" if field.low else ""
        back = f" << Self::{const}_SHIFT" if field.low else ""
        masked = "self.0" if field.width == 32 else f"self.0 & Self::{const}_MASK"
        value = f"({masked}){shift}" if shift else masked
        enum = camel(e.type_name) if (e := field.get_property("encode")) else None
        self.add(f"/// Where `{name}` is in the register.", f"pub const {const}_MASK: u32 = {hexa(mask(field))};")
        self.add(f"/// Lowest bit of `{name}`.", f"pub const {const}_SHIFT: u32 = {field.low};", "")
        text = self.map.field_desc(field)
        if enum:
            self.add(*doc(text), "///", "/// # Errors", f"/// A value that is no [`{enum}`].")
            self.add(f"pub fn {name}(self) -> core::result::Result<{enum}, UnknownValue> {{", f"{enum}::try_from({value})", "}")
        elif field.width == 1:
            self.add(*doc(text), f"pub const fn {name}(self) -> bool {{", f"{masked} != 0", "}")
        else:
            self.add(*doc(text), f"pub const fn {name}(self) -> u32 {{", value, "}")
        if not field.is_sw_writable:
            return
        note = "" if enum or field.width in (1, 32) else f" Bits of `{name}` above the lowest {field.width} are dropped."
        kind = enum or ("bool" if field.width == 1 else "u32")
        bits = name if kind == "u32" else f"({name} as u32)"
        bits = f"({bits}{back})" if back else bits
        clipped = bits if enum or field.width == 32 else f"({bits} & Self::{const}_MASK)"
        new = bits if field.width == 32 else f"(self.0 & !Self::{const}_MASK) | {clipped}"
        self.add("", *doc(f"With this {name.replace('_', ' ')}.{note}"), "#[must_use]")
        self.add(f"pub const fn with_{name}(self, {name}: {kind}) -> Self {{", f"Self({new})", "}")

    def table(self):
        self.add("", "/// Every register, by offset.", "pub const REGISTERS: &[RegisterInfo] = &[")
        for reg in self.map.regs:
            kind = camel(reg.inst_name)
            if reg.is_array:
                self.add(*(f'RegisterInfo::at::<{kind}>("{name}", 0x{at:03X}),' for name, at in entries(reg)))
            else:
                self.add(f"RegisterInfo::of::<{kind}>(),")
        self.add("];")


C_HEAD = """#ifndef DORMOUSE_H
#define DORMOUSE_H

#include <stdint.h>

/* Registers of the node, for C99.
 *
 * DORMOUSE_R is the offset of register R, in bytes from the node's base address.
 * DORMOUSE_R_RESET is its value after reset, unless hardware alone says what a read answers.
 * DORMOUSE_GET(value, DORMOUSE_R_F) takes field F out of the register's value.
 * DORMOUSE_PUT(DORMOUSE_R_F, x) is x in its place; a value is or-ed together from such.
 * Every register is read and written as 32 bits, at once.
 */
#define DORMOUSE_GET(value, field) (((uint32_t)(value) & field##_MASK) >> field##_SHIFT)
#define DORMOUSE_PUT(field, x) (((uint32_t)(x) << field##_SHIFT) & field##_MASK)
"""


class Header:
    """One C file of constants."""

    def __init__(self, regmap):
        self.map = regmap
        self.defined = set()
        self.lines = C_HEAD.splitlines()
        for name, enum in regmap.enums.items():
            self.enum(name, enum)
        for reg in regmap.regs:
            self.register(reg)
        self.lines += ["", "#endif"]

    def comment(self, text, indent=""):
        lines = textwrap.wrap(text, 94 - len(indent), break_on_hyphens=False)
        if len(lines) == 1:
            self.lines.append(f"{indent}/* {lines[0]} */")
        else:
            self.lines += [f"{indent}/* {lines[0]}"] + [f"{indent} * {line}" for line in lines[1:]] + [f"{indent} */"]

    def new(self, name):
        """A name that nothing else has: C has one space for all of them."""
        if name in self.defined:
            raise ValueError(f"{name} would be defined twice")
        self.defined.add(name)
        return name

    def define(self, name, value):
        self.lines.append(f"#define {self.new(name)} {value}")

    def enum(self, name, enum):
        short = re.sub(r"_e$", "", name)
        fields = [f for reg in self.map.regs for f in reg.fields() if f.get_property("encode") is enum]
        where = " and ".join(f"{f.parent.inst_name}.{f.inst_name}" for f in fields)
        self.lines.append("")
        self.comment(f"Values of {where}." if where else f"{short.replace('_', ' ').capitalize()}.")
        self.lines.append(f"enum dormouse_{short} {{")
        for member in enum:
            self.comment(self.map.text(member.rdl_desc or member.name).replace("`", ""), "  ")
            self.lines.append(f"  {self.new(f'DORMOUSE_{short}_{member.name}'.upper())} = {member.value},")
        # A comma behind the last one is an error where pedantry goes back to C90.
        self.lines[-1] = self.lines[-1].rstrip(",")
        self.lines.append("};")

    def register(self, reg):
        name = f"DORMOUSE_{reg.inst_name}"
        self.lines.append("")
        text = f"{self.map.title(reg)} {self.map.desc(reg)}".strip().replace("`", "")
        where = f" Entry k of {len(entries(reg))} is 4 k bytes on." if reg.is_array else ""
        self.comment(f"{text} {access(reg).capitalize()}.{where}")
        self.define(name, f"0x{offset(reg):03X}u")
        if reg.is_array:
            self.define(f"{name}_ENTRIES", f"{len(entries(reg))}u")
        if not driven(reg):
            self.define(f"{name}_RESET", f"0x{reset(reg):X}u")
        for field in reg.fields():
            self.comment(self.map.field_desc(field).replace("`", ""))
            self.define(f"{name}_{field.inst_name.upper()}_SHIFT", field.low)
            self.define(f"{name}_{field.inst_name.upper()}_MASK", f"0x{mask(field):08X}u")


def bits(field):
    return str(field.low) if field.width == 1 else f"{field.high}:{field.low}"



def prose(text):
    return textwrap.wrap(text, 100, break_on_hyphens=False, break_long_words=False)


def markdown(regmap):
    out = [f"# Registers: {regmap.top.get_property('name')}", ""]
    out += [*prose(regmap.desc(regmap.top)), "", *prose(regmap.text(regmap.rules)), ""]
    out += ["| offset | register | access | reset | |", "|---|---|---|---|---|"]
    simple = {reg.inst_name for reg in regmap.regs if len(reg.fields()) == 1 and reg.fields()[0].width == 32}
    for reg in regmap.regs:
        name = reg.inst_name
        shown = f"`{name}`" if name in simple else f"[`{name}`](#{name.lower()})"
        text = regmap.title(reg)
        if name in simple and regmap.desc(reg):
            text += " " + regmap.desc(reg)
        value = "" if driven(reg) else f"0x{reset(reg):X}"
        where = f"0x{offset(reg):03X}"
        if reg.is_array:
            where += f" + 4 k, k < {len(entries(reg))}"
        out.append(f"| {where} | {shown} | {access(reg)} | {value} | {text} |")
    for reg in regmap.regs:
        if reg.inst_name in simple:
            continue
        out += ["", f"## {reg.inst_name}", "", *prose(regmap.title(reg)), *prose(regmap.desc(reg) or "")]
        out += ["", "| bits | field | |", "|---|---|---|"]
        for field in sorted(reg.fields(), key=lambda field: -field.low):
            text = regmap.field_desc(field)
            if e := field.get_property("encode"):
                text += f" See [{camel(e.type_name)}](#{camel(e.type_name).lower()})."
            out.append(f"| {bits(field)} | `{field.inst_name}` | {text} |")
    for name, enum in regmap.enums.items():
        out += ["", f"## {camel(name)}", "", "| value | name | |", "|---|---|---|"]
        for member in enum:
            out.append(f"| {member.value} | `{member.name}` | {regmap.text(member.rdl_desc or member.name)} |")
    return out


def main(source, rust, header, page):
    try:
        regmap = Map(source)
    except RDLCompileError:
        return 1  # The compiler has printed what and where.
    for path, lines in (
        (rust, Rust(regmap).lines),
        (header, Header(regmap).lines),
        (page, markdown(regmap)),
    ):
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
