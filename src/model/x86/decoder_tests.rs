//! Lengths of known instructions.

use super::decoder::*;

fn decoder_for(wide: bool) -> Decoder {
    let mut decoder = Decoder::default();
    decoder.wide = wide;
    decoder
}

/// Bytes of the first instruction of `code`, which `code` must not be longer than.
fn length(code: &[u8], wide: bool) -> usize {
    let mut decoder = decoder_for(wide);
    for (index, &byte) in code.iter().enumerate() {
        if decoder.step(byte).is_some() {
            return index + 1;
        }
    }
    usize::MAX
}

#[test]
fn lengths_in_32_bit_code() {
    let codes: &[&[u8]] = &[
        &[0x90],                            // nop
        &[0xc3],                            // ret
        &[0xc2, 8, 0],                      // ret 8
        &[0x55],                            // push ebp
        &[0x8b, 0xec],                      // mov ebp, esp
        &[0x83, 0xec, 0x10],                // sub esp, 16
        &[0x81, 0xec, 0, 1, 0, 0],          // sub esp, 256
        &[0x8b, 0x45, 8],                   // mov eax, [ebp+8]
        &[0x8b, 0x44, 0x24, 4],             // mov eax, [esp+4]
        &[0x8b, 0x84, 0x24, 0, 1, 0, 0],    // mov eax, [esp+256]
        &[0x8b, 0x04, 0x85, 0, 0, 0x40, 0], // mov eax, [eax*4+disp32]
        &[0x8b, 0x0d, 0, 0, 0x40, 0],       // mov ecx, [disp32]
        &[0xa1, 0, 0, 0x40, 0],             // mov eax, [disp32]
        &[0xc7, 0x45, 0xfc, 1, 0, 0, 0],    // mov dword [ebp-4], 1
        &[0x66, 0xc7, 0x45, 0xfc, 1, 0],    // mov word [ebp-4], 1
        &[0xc6, 0x45, 0xfc, 1],             // mov byte [ebp-4], 1
        &[0xf6, 0x45, 8, 1],                // test byte [ebp+8], 1
        &[0xf6, 0x5d, 8],                   // neg byte [ebp+8]
        &[0xf7, 0xd8],                      // neg eax
        &[0xf7, 0xc1, 1, 0, 0, 0],          // test ecx, 1
        &[0xe8, 1, 2, 3, 0],                // call
        &[0x74, 5],                         // je
        &[0x0f, 0x84, 1, 2, 0, 0],          // je near
        &[0x0f, 0xb6, 0x45, 8],             // movzx eax, byte [ebp+8]
        &[0x0f, 0xaf, 0xc1],                // imul eax, ecx
        &[0x69, 0xc0, 1, 0, 0, 0],          // imul eax, eax, 1
        &[0x6b, 0xc0, 12],                  // imul eax, eax, 12
        &[0x68, 0, 0, 0x40, 0],             // push imm32
        &[0x6a, 0xff],                      // push -1
        &[0x48],                            // dec eax
        &[0xb8, 1, 0, 0, 0],                // mov eax, 1
        &[0x66, 0xb8, 1, 0],                // mov ax, 1
        &[0xc8, 0x10, 0, 0],                // enter 16, 0
        &[0x64, 0xa1, 0, 0, 0, 0],          // mov eax, fs:[0]
        &[0xd9, 0x45, 8],                   // fld dword [ebp+8]
        &[0xdd, 0x05, 0, 0, 0x40, 0],       // fld qword [disp32]
        &[0x67, 0x8b, 0x46, 4],             // mov eax, [bp+4]
        &[0x67, 0x8b, 0x06, 4, 0],          // mov eax, [4]
        &[0xea, 0, 0, 0, 0, 8, 0],          // jmp far
        &[0xf3, 0xab],                      // rep stosd
        &[0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0], // long nop
        &[0xc5, 0xf8, 0x77],                // vzeroupper
        &[0xc5, 0x45, 8],                   // lds eax, [ebp+8]
        &[0x8d, 0x44, 0x8d, 0x10],          // lea eax, [ebp+ecx*4+16]
    ];
    for code in codes {
        assert_eq!(length(code, false), code.len(), "{code:02x?}");
    }
}

#[test]
fn lengths_in_64_bit_code() {
    let codes: &[&[u8]] = &[
        &[0x48, 0x89, 0xe5],                            // mov rbp, rsp
        &[0x48, 0x83, 0xec, 0x10],                      // sub rsp, 16
        &[0x48, 0x8b, 0x05, 1, 2, 3, 0],                // mov rax, [rip+disp32]
        &[0x48, 0x8d, 0x3d, 1, 2, 3, 0],                // lea rdi, [rip+disp32]
        &[0xc7, 0x05, 1, 2, 3, 0, 1, 0, 0, 0],          // mov dword [rip+disp32], 1
        &[0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8],          // mov rax, imm64
        &[0x41, 0xb8, 1, 0, 0, 0],                      // mov r8d, 1
        &[0x48, 0xc7, 0xc0, 1, 0, 0, 0],                // mov rax, 1
        &[0x41, 0x57],                                  // push r15
        &[0xf3, 0x0f, 0x1e, 0xfa],                      // endbr64
        &[0x66, 0x0f, 0x6f, 0x05, 1, 2, 3, 0],          // movdqa xmm0, [rip+disp32]
        &[0x66, 0x0f, 0x3a, 0x0f, 0xc1, 8],             // palignr xmm0, xmm1, 8
        &[0x66, 0x0f, 0x38, 0x00, 0xc1],                // pshufb xmm0, xmm1
        &[0xc5, 0xf8, 0x77],                            // vzeroupper
        &[0xc5, 0xfd, 0x6f, 0x45, 0xe0],                // vmovdqa ymm0, [rbp-32]
        &[0xc5, 0xf9, 0x70, 0xc0, 0x4e],                // vpshufd xmm0, xmm0, 78
        &[0xc4, 0xe2, 0x7d, 0x18, 0x45, 0xe0],          // vbroadcastss ymm0, [rbp-32]
        &[0xc4, 0xe3, 0x7d, 0x39, 0xc0, 1],             // vextracti128 xmm0, ymm0, 1
        &[0x62, 0xf1, 0x7c, 0x48, 0x10, 0x00],          // vmovups zmm0, [rax]
        &[0x4c, 0x8b, 0x64, 0x24, 8],                   // mov r12, [rsp+8]
        &[0xe9, 1, 2, 3, 0],                            // jmp
        &[0xff, 0x25, 1, 2, 3, 0],                      // jmp [rip+disp32]
        &[0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0], // long nop
        &[0x48, 0xa1, 1, 2, 3, 4, 5, 6, 7, 8],          // mov rax, [address]
    ];
    for code in codes {
        assert_eq!(length(code, true), code.len(), "{code:02x?}");
    }
}

#[test]
fn phases_of_an_instruction() {
    let mut decoder = Decoder::default();
    let mut phases = Vec::new();
    for byte in [0xc7, 0x84, 0x24, 0, 1, 0, 0, 1, 2, 3, 4] {
        phases.push(decoder.phase);
        decoder.step(byte);
    }
    use phase::*;
    let expected = [
        START,
        MODRM,
        SIB,
        DISP32,
        DISP32 + 1,
        DISP32 + 2,
        DISP32 + 3,
        IMM32,
        IMM32 + 1,
        IMM32 + 2,
        IMM32 + 3,
    ];
    assert_eq!(phases, expected);
    assert_eq!(decoder.phase, START);
}

proptest::proptest! {
    #[test]
    fn any_bytes_decode(bytes in proptest::collection::vec(0u8.., 0..200), wide: bool) {
        let mut decoder = decoder_for(wide);
        for byte in bytes {
            decoder.step(byte);
            proptest::prop_assert!(usize::from(decoder.phase) < phase::COUNT);
            proptest::prop_assert!(decoder.current.length < 15);
        }
    }
}
