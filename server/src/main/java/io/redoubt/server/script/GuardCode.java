package io.redoubt.server.script;

import java.util.Map;

/**
 * Functions of scripts in machine code: each looks at its arguments, and if they are certainly
 * harmless it jumps to the function of the Lua library; otherwise it calls a <em>wrapper</em>,
 * which takes any arguments. A wrapper in Lua costs more than most of the functions themselves.
 *
 * <p>A guard only compares lengths, types and grants; it reads Lua's values and changes none. It is
 * a closure with three upvalues:
 *
 * <ol>
 *   <li>the wrapper,
 *   <li>the address of the library's function, of a Java function or of a bit operation,
 *   <li>the address of the block of {@link Guards}: the addresses of lua_call and lua_error, then
 *       the grants, each a pattern's address and the longest text for it.
 * </ol>
 */
final class GuardCode {

  // The calling convention has the argument (the lua_State) in rdi and the result (the number of
  // results) in rax; rbx must be preserved. The layout is that of lstate.h and lobject.h of Lua
  // 5.1:
  //
  // lua_State: 16 the address after the last argument, 24 that of the first one; the value before
  //   the first one is the running closure.
  // Value, of 16 bytes: 0 the value, 8 the type (1 boolean, 3 number, 4 string, 5 table, 6
  // function).
  // CClosure: 32 the address of its code, 40, 56 and 72 the upvalues.
  // TString: 16 the length. Table: 11 the logarithm of the room of its hash part, 16 the metatable,
  //   56 the length of its array part.
  //
  // Jumps: je if equal, jne if not, ja if above, jae if not below, jb if below, jbe if not above.
  private static final String X86_64 =
      """
      f3 0f 1e fa            slow:      endbr64                         calls the wrapper with the same arguments
      53                                push rbx
      48 89 fb                          mov rbx, rdi
      48 8b 47 18                       mov rax, [rdi + 24]             rax = the first argument
      48 8b 4f 10                       mov rcx, [rdi + 16]             rcx = the end of the arguments
      48 89 ce                          mov rsi, rcx
      48 29 c6                          sub rsi, rax
      48 c1 ee 04                       shr rsi, 4                      rsi = the number of arguments
      4c 8b 40 f0                       mov r8, [rax - 16]              r8 = the closure, below them
      48 89 ca                          mov rdx, rcx
      48 39 c2               move:      cmp rdx, rax                    move the arguments up by one
      74 0d                             je moved
      0f 10 42 f0                       movups xmm0, [rdx - 16]
      0f 11 02                          movups [rdx], xmm0
      48 83 ea 10                       sub rdx, 16
      eb ee                             jmp move
      41 0f 10 40 28         moved:     movups xmm0, [r8 + 40]          put the wrapper below them
      0f 11 00                          movups [rax], xmm0
      48 83 c1 10                       add rcx, 16
      48 89 4f 10                       mov [rdi + 16], rcx
      ba ff ff ff ff                    mov edx, -1                     all results
      49 8b 40 48                       mov rax, [r8 + 72]
      ff 10                             call [rax]                      lua_call(L, arguments, -1)
      48 8b 43 10                       mov rax, [rbx + 16]
      48 2b 43 18                       sub rax, [rbx + 24]
      48 c1 e8 04                       shr rax, 4                      return the number of results
      5b                                pop rbx
      c3                                ret
      f3 0f 1e fa            replace:   endbr64                         string.gsub
      48 8b 47 18                       mov rax, [rdi + 24]
      48 8b 4f 10                       mov rcx, [rdi + 16]
      48 29 c1                          sub rcx, rax
      48 83 f9 30                       cmp rcx, 48                     to native unless three arguments
      0f 82 c5 00 00 00                 jb native
      83 78 08 04                       cmp dword [rax + 8], 4          the first a string
      75 85                             jne slow
      48 8b 70 20                       mov rsi, [rax + 32]
      8b 50 28                          mov edx, [rax + 40]
      83 fa 04                          cmp edx, 4                      if the third is a string:
      75 0d                             jne callback
      48 83 7e 10 40                    cmp qword [rsi + 16], 64        to slow if longer
      0f 87 6e ff ff ff                 ja slow
      eb 1a                             jmp pattern
      83 ea 05               callback:  sub edx, 5                      to slow unless table or function
      83 fa 01                          cmp edx, 1
      0f 87 60 ff ff ff                 ja slow
      48 8b 30                          mov rsi, [rax]
      48 83 7e 10 64                    cmp qword [rsi + 16], 100       to slow if the text is longer
      0f 87 52 ff ff ff                 ja slow
      f3 0f 1e fa            pattern:   endbr64                         find, match, gmatch
      48 8b 47 18                       mov rax, [rdi + 24]
      48 8b 4f 10                       mov rcx, [rdi + 16]
      48 29 c1                          sub rcx, rax
      48 83 f9 20                       cmp rcx, 32                     to native unless two arguments
      0f 82 73 00 00 00                 jb native
      83 78 08 04                       cmp dword [rax + 8], 4          to slow unless strings
      0f 85 2f ff ff ff                 jne slow
      83 78 18 04                       cmp dword [rax + 24], 4
      0f 85 25 ff ff ff                 jne slow
      4c 8b 40 f0                       mov r8, [rax - 16]
      4d 8b 48 48                       mov r9, [r8 + 72]
      48 8b 70 10                       mov rsi, [rax + 16]             rsi = the pattern
      89 f2                             mov edx, esi
      81 e2 f0 1f 00 00                 and edx, 0x1ff0                 rdx = the place of its grant
      49 39 74 11 10                    cmp [r9 + rdx + 16], rsi        to slow unless it has one
      0f 85 06 ff ff ff                 jne slow
      48 8b 30                          mov rsi, [rax]
      48 8b 76 10                       mov rsi, [rsi + 16]             rsi = the length of the text
      49 3b 74 11 18                    cmp rsi, [r9 + rdx + 24]        to slow if beyond the grant
      0f 87 f4 fe ff ff                 ja slow
      41 ff 60 38                       jmp [r8 + 56]                   to the native function
      f3 0f 1e fa            plain:     endbr64                         setmetatable, next, pairs, rawset
      48 8b 47 18                       mov rax, [rdi + 24]
      48 3b 47 10                       cmp rax, [rdi + 16]             to native unless an argument
      0f 83 18 00 00 00                 jae native
      83 78 08 05                       cmp dword [rax + 8], 5          to slow unless a table
      0f 85 d4 fe ff ff                 jne slow
      48 8b 10                          mov rdx, [rax]
      48 83 7a 10 00                    cmp qword [rdx + 16], 0         without a metatable
      0f 85 c6 fe ff ff                 jne slow
      4c 8b 40 f0            native:    mov r8, [rax - 16]
      41 ff 60 38                       jmp [r8 + 56]                   to the native function
      f3 0f 1e fa            insert:    endbr64                         table.insert
      48 8b 47 18                       mov rax, [rdi + 24]
      48 8b 4f 10                       mov rcx, [rdi + 16]
      48 29 c1                          sub rcx, rax
      48 83 f9 20                       cmp rcx, 32                     of two arguments: an append
      74 b9                             je plain
      48 83 f9 30                       cmp rcx, 48
      74 28                             je position
      72 db                             jb native
      e9 9c fe ff ff                    jmp slow
      f3 0f 1e fa            elements:  endbr64                         table.remove, unpack
      48 8b 47 18                       mov rax, [rdi + 24]
      48 8b 4f 10                       mov rcx, [rdi + 16]
      48 29 c1                          sub rcx, rax
      48 83 f9 10                       cmp rcx, 16
      74 2d                             je few
      48 83 f9 20                       cmp rcx, 32
      72 bb                             jb native
      0f 85 7b fe ff ff                 jne slow
      83 78 18 03            position:  cmp dword [rax + 24], 3         the second is a number
      0f 85 71 fe ff ff                 jne slow
      48 8b 50 10                       mov rdx, [rax + 16]
      48 c1 ea 34                       shr rdx, 52                     rdx = its sign and exponent
      81 ea ff 03 00 00                 sub edx, 0x3ff
      83 fa 1e                          cmp edx, 30                     to slow unless from 1 to 2^31
      0f 87 5a fe ff ff                 ja slow
      83 78 08 05            few:       cmp dword [rax + 8], 5          the first is a table
      0f 85 50 fe ff ff                 jne slow
      48 8b 10                          mov rdx, [rax]
      48 83 7a 10 00                    cmp qword [rdx + 16], 0         without a metatable
      0f 85 42 fe ff ff                 jne slow
      80 7a 0b 00                       cmp byte [rdx + 11], 0          and without a hash part
      0f 85 38 fe ff ff                 jne slow
      81 7a 38 00 08 00 00              cmp dword [rdx + 56], 2048      to slow if larger
      0f 87 2b fe ff ff                 ja slow
      4c 8b 40 f0                       mov r8, [rax - 16]
      41 ff 60 38                       jmp [r8 + 56]                   to the native function
      f3 0f 1e fa            repeat:    endbr64                         string.rep
      48 8b 47 18                       mov rax, [rdi + 24]
      48 8b 4f 10                       mov rcx, [rdi + 16]
      48 29 c1                          sub rcx, rax
      48 83 f9 20                       cmp rcx, 32                     to native unless two arguments
      0f 82 44 ff ff ff                 jb native
      83 78 08 04                       cmp dword [rax + 8], 4          to slow unless a string
      0f 85 00 fe ff ff                 jne slow
      83 78 18 03                       cmp dword [rax + 24], 3         and a number
      0f 85 f6 fd ff ff                 jne slow
      48 8b 10                          mov rdx, [rax]
      48 83 7a 10 7f                    cmp qword [rdx + 16], 127       to slow if longer
      0f 87 e8 fd ff ff                 ja slow
      48 8b 50 10                       mov rdx, [rax + 16]
      48 c1 ea 34                       shr rdx, 52
      81 fa 07 04 00 00                 cmp edx, 0x407                  to slow unless from 0 to 512
      0f 87 d4 fd ff ff                 ja slow
      4c 8b 40 f0                       mov r8, [rax - 16]
      41 ff 60 38                       jmp [r8 + 56]                   to the native function
      f3 0f 1e fa            unary:     endbr64                         bit.tobit, bnot, bswap
      48 8b 47 18                       mov rax, [rdi + 24]
      48 8b 77 10                       mov rsi, [rdi + 16]
      48 39 f0                          cmp rax, rsi                    to slow unless an argument
      0f 83 b7 fd ff ff                 jae slow
      83 78 08 03                       cmp dword [rax + 8], 3          that is a number
      0f 85 ad fd ff ff                 jne slow
      4c 8b 40 f0                       mov r8, [rax - 16]
      ba 38 43 00 00                    mov edx, 0x4338                 xmm2 = 1.5 * 2^52
      48 c1 e2 30                       shl rdx, 48
      66 48 0f 6e d2                    movq xmm2, rdx
      f2 0f 10 00                       movsd xmm0, [rax]
      eb 53                             jmp operate
      f3 0f 1e fa            binary:    endbr64                         bit.band and others
      48 8b 47 18                       mov rax, [rdi + 24]
      48 8b 77 10                       mov rsi, [rdi + 16]
      48 89 f2                          mov rdx, rsi
      48 29 c2                          sub rdx, rax
      48 83 fa 20                       cmp rdx, 32                     to slow unless two arguments
      0f 85 79 fd ff ff                 jne slow
      83 78 08 03                       cmp dword [rax + 8], 3          that are numbers
      0f 85 6f fd ff ff                 jne slow
      83 78 18 03                       cmp dword [rax + 24], 3
      0f 85 65 fd ff ff                 jne slow
      4c 8b 40 f0                       mov r8, [rax - 16]
      ba 38 43 00 00                    mov edx, 0x4338
      48 c1 e2 30                       shl rdx, 48
      66 48 0f 6e d2                    movq xmm2, rdx
      f2 0f 10 00                       movsd xmm0, [rax]
      f2 0f 10 48 10                    movsd xmm1, [rax + 16]
      f2 0f 58 ca                       addsd xmm1, xmm2
      66 0f 7e c9                       movd ecx, xmm1                  ecx = the low bits of the second
      f2 0f 58 c2            operate:   addsd xmm0, xmm2
      66 0f 7e c0                       movd eax, xmm0                  eax = the low bits of the first
      41 ff 50 38                       call [r8 + 56]                  the operation, one of the last lines
      f2 0f 2a c0                       cvtsi2sd xmm0, eax
      f2 0f 11 06                       movsd [rsi], xmm0               push the result
      c7 46 08 03 00 00 00              mov dword [rsi + 8], 3
      48 83 c6 10                       add rsi, 16
      48 89 77 10                       mov [rdi + 16], rsi
      b8 01 00 00 00                    mov eax, 1
      c3                                ret
      f3 0f 1e fa            protect:   endbr64                         pcall
      48 8b 47 18                       mov rax, [rdi + 24]
      48 3b 47 10                       cmp rax, [rdi + 16]             to slow unless an argument
      0f 83 07 fd ff ff                 jae slow
      53                                push rbx
      48 89 fb                          mov rbx, rdi
      48 8b 40 f0                       mov rax, [rax - 16]
      ff 50 38                          call [rax + 56]                 the native function
      48 8b 4b 18                       mov rcx, [rbx + 24]
      83 39 00                          cmp dword [rcx], 0              if its first result is false:
      75 60                             jne done
      48 89 df                          mov rdi, rbx
      48 8b 41 f0                       mov rax, [rcx - 16]
      48 8b 40 28                       mov rax, [rax + 40]
      5b                                pop rbx
      ff 60 20                          jmp [rax + 32]                  to the wrapper, a Java function
      f3 0f 1e fa            raise:     endbr64                         redis.call
      53                                push rbx
      48 89 fb                          mov rbx, rdi
      48 8b 47 18                       mov rax, [rdi + 24]
      48 8b 40 f0                       mov rax, [rax - 16]
      ff 50 38                          call [rax + 56]                 a Java function
      83 f8 01                          cmp eax, 1                      of two results the second means failed
      76 39                             jbe done
      48 83 6b 10 10                    sub qword [rbx + 16], 16
      48 89 df                          mov rdi, rbx
      48 8b 47 18                       mov rax, [rdi + 24]
      48 8b 40 f0                       mov rax, [rax - 16]
      48 8b 40 48                       mov rax, [rax + 72]
      ff 50 08                          call [rax + 8]                  lua_error(L) with the first
      f3 0f 1e fa            first:     endbr64                         redis.pcall
      53                                push rbx
      48 89 fb                          mov rbx, rdi
      48 8b 47 18                       mov rax, [rdi + 24]
      48 8b 40 f0                       mov rax, [rax - 16]
      ff 50 38                          call [rax + 56]                 a Java function
      83 f8 01                          cmp eax, 1
      76 0a                             jbe done
      48 83 6b 10 10                    sub qword [rbx + 16], 16        drop the second result
      b8 01 00 00 00                    mov eax, 1
      5b                     done:      pop rbx
      c3                                ret
      c3                     tobit:     ret
      f7 d0                  bnot:      not eax
      c3                                ret
      0f c8                  bswap:     bswap eax
      c3                                ret
      21 c8                  band:      and eax, ecx
      c3                                ret
      09 c8                  bor:       or eax, ecx
      c3                                ret
      31 c8                  bxor:      xor eax, ecx
      c3                                ret
      d3 e0                  lshift:    shl eax, cl
      c3                                ret
      d3 e8                  rshift:    shr eax, cl
      c3                                ret
      d3 f8                  arshift:   sar eax, cl
      c3                                ret
      d3 c0                  rol:       rol eax, cl
      c3                                ret
      d3 c8                  ror:       ror eax, cl
      c3                                ret
      """;

  private static final long ADDRESS = MachineCode.install(X86_64);
  private static final Map<String, Integer> OFFSETS = MachineCode.offsets(X86_64);

  private GuardCode() {}

  /** Returns true if there are guards. */
  static boolean exists() {
    return ADDRESS != MachineCode.NONE;
  }

  /**
   * Returns the address of a guard or operation.
   *
   * @throws IllegalArgumentException if there is no such label
   */
  static long address(String label) {
    Integer offset = OFFSETS.get(label);
    if (offset == null) {
      throw new IllegalArgumentException("the code has no label " + label);
    }
    return ADDRESS + offset;
  }
}
