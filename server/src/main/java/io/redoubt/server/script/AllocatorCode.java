package io.redoubt.server.script;

/**
 * A lua_Alloc function in machine code: the common cases of {@link LuaHeap#reallocate} without the
 * call from native code to Java, which takes longer than the allocation. It is
 *
 * <pre>{@code
 * void *allocate(FreeBlocks *state, void *block, size_t oldSize, size_t newSize) {
 *   size_t old = (oldSize + 7) / 8, new = (newSize + 7) / 8; // words of eight bytes
 *   void *result = block;
 *   if (old > 1024 || new > 1024 || state->allowance < newSize) goto slow;
 *   if (old != new) { // otherwise the block stays
 *     if (state->room + new < old) goto slow;
 *     result = NULL;
 *     if (new != 0) {
 *       result = state->lists[new];
 *       if (result == NULL) goto slow;
 *     }
 *     state->room += new - old;
 *     if (new != 0) {
 *       state->lists[new] = *(void **) result; // the next free block
 *       copy(result, block, min(old, new));
 *     }
 *     if (old != 0) {
 *       *(void **) block = state->lists[old];
 *       state->lists[old] = block;
 *     }
 *   }
 *   state->allowance -= newSize;
 *   state->used += newSize - oldSize;
 *   return result;
 * slow:
 *   return state->slowPath(state, block, oldSize, newSize); // nothing has changed yet
 * }
 * }</pre>
 *
 * {@code state} is the block of {@link FreeBlocks}; scripts can't reach it. The code depends on
 * nothing but its arguments, so one page serves all states of the process. Where there is no {@link
 * MachineCode}, Lua calls Java each time.
 */
final class AllocatorCode {

  // The columns are bytes, assembler and meaning. The calling convention has the arguments in rdi
  // (state), rsi (block), rdx (oldSize) and rcx (newSize) and the result in rax; r8 to r11 are
  // free. The first operand is the target. Brackets are memory: [rdi + 8] is the allowance,
  // [rdi + 16] the use, [rdi + 24] the room, [rdi + 32] the first list. lea computes without
  // access to memory, shr 3 divides by 8. cmp, test and sub set the flags for the next jump: ja if
  // above, jb if below, je if equal or 0, jne if not.
  private static final String X86_64 =
      """
      f3 0f 1e fa                  endbr64                        a place that may be called
      4c 8d 42 07                  lea r8, [rdx + 7]              r8 = old, words of the old size
      49 c1 e8 03                  shr r8, 3
      4c 8d 49 07                  lea r9, [rcx + 7]              r9 = new, words of the new size
      49 c1 e9 03                  shr r9, 3
      49 81 f8 00 04 00 00         cmp r8, 1024                   to slow if larger
      77 7c                        ja slow
      49 81 f9 00 04 00 00         cmp r9, 1024                   to slow if larger
      77 73                        ja slow
      4c 8b 57 08                  mov r10, [rdi + 8]             r10 = the allowance left
      49 29 ca                     sub r10, rcx
      72 6a                        jb slow                        to slow if below 0
      48 89 f0                     mov rax, rsi                   the result is the block
      4d 39 c8                     cmp r8, r9                     and stays if its size is right
      74 56                        je count
      4c 8b 5f 18                  mov r11, [rdi + 24]            r11 = the room left
      4d 01 cb                     add r11, r9
      4d 29 c3                     sub r11, r8
      72 56                        jb slow                        to slow if below 0
      31 c0                        xor eax, eax                   the result is NULL
      4d 85 c9                     test r9, r9                    if new is 0
      74 0a                        je change
      4a 8b 44 cf 20               mov rax, [rdi + r9 * 8 + 32]   or the first free block
      48 85 c0                     test rax, rax
      74 45                        je slow                        to slow if there is none
      4c 89 5f 18          change: mov [rdi + 24], r11            set the room
      4d 85 c9                     test r9, r9
      74 23                        je give                        if new is not 0:
      4c 8b 18                     mov r11, [rax]                 take the block from its list
      4e 89 5c cf 20               mov [rdi + r9 * 8 + 32], r11
      4d 85 c0                     test r8, r8
      74 23                        je count                       if there is an old block:
      4d 39 c1                     cmp r9, r8
      4d 0f 47 c8                  cmova r9, r8                   r9 = the lesser of old and new
      4e 8b 5c ce f8       copy:   mov r11, [rsi + r9 * 8 - 8]    copy words, the last one first
      4e 89 5c c8 f8               mov [rax + r9 * 8 - 8], r11
      49 ff c9                     dec r9
      75 f1                        jne copy
      4e 8b 5c c7 20       give:   mov r11, [rdi + r8 * 8 + 32]   put the old block onto its list
      4c 89 1e                     mov [rsi], r11
      4a 89 74 c7 20               mov [rdi + r8 * 8 + 32], rsi
      4c 89 57 08          count:  mov [rdi + 8], r10             set the allowance
      48 29 d1                     sub rcx, rdx                   add the growth to the use
      48 01 4f 10                  add [rdi + 16], rcx
      c3                           ret
      ff 27                slow:   jmp [rdi]                      Java does it, same arguments
      """;

  private static final long ADDRESS = MachineCode.install(X86_64);

  private AllocatorCode() {}

  /** Returns the address of the function, or {@link MachineCode#NONE}. */
  static long address() {
    return ADDRESS;
  }
}
