package io.redoubt.server.memory;

import io.redoubt.protocol.process.os.LibraryFunction;
import io.redoubt.protocol.process.os.OperatingSystem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The memory of {@link Region}: address space reserved with mmap(2), in which only touched pages
 * take memory. Without mmap it is arena memory, and much smaller.
 */
public final class NativeMemory {
  /** The size of a page is two to the power of this. */
  static final int PAGE_SHIFT = 12;

  private static final int PROT_READ_WRITE = 1 | 2;
  private static final int MAP_PRIVATE = 2;
  private static final int LINUX_MAP_ANONYMOUS = 0x20;
  private static final int LINUX_MAP_NORESERVE = 0x4000;
  private static final int LINUX_MADV_DONTNEED = 4;
  private static final int LINUX_MADV_HUGEPAGE = 14;
  private static final int LINUX_MADV_POPULATE_WRITE = 23; // since Linux 5.14
  private static final long MAP_FAILED = -1;

  /** The least address space with which a server can run. */
  private static final long LEAST_BYTES = 32L << 20;

  // The share of limited address space left to the virtual machine, and its bounds.
  private static final int LEFT_SHARE = 4;
  private static final long LEAST_LEFT_BYTES = 128L << 20;
  private static final long MAX_LEFT_BYTES = 768L << 20;

  private final MemorySegment memory;
  private final boolean isMapped;

  /** Is madvise(2), linked on first use. */
  private @Nullable LibraryFunction madvise;

  private NativeMemory(MemorySegment memory, boolean isMapped) {
    this.memory = memory;
    this.isMapped = isMapped;
  }

  /**
   * Reserves {@code wantedBytes}, or, if the kernel refuses (strict overcommit, a limit of address
   * space), most of the amount that it grants; {@code arenaBytes} if memory can't be mapped. All
   * sizes and the start address are multiples of {@code alignmentBytes}.
   */
  static NativeMemory reserve(long wantedBytes, long arenaBytes, long alignmentBytes) {
    if (OperatingSystem.current() == OperatingSystem.LINUX) {
      LibraryFunction mmap = link("mmap");
      MemorySegment mapped = map(mmap, wantedBytes, alignmentBytes);
      if (mapped == null) {
        mapped = mapWithinLimit(mmap, wantedBytes, alignmentBytes);
      }
      if (mapped != null) {
        return new NativeMemory(mapped, true);
      }
    }
    return plain(arenaBytes, alignmentBytes);
  }

  /** Links the system call of {@link #reserve} ahead of its use; the linker keeps the result. */
  public static void prepare() {
    if (OperatingSystem.current() == OperatingSystem.LINUX) {
      LibraryFunction _ = link("mmap");
    }
  }

  /** Allocates memory if it cannot be mapped. */
  static NativeMemory plain(long sizeBytes, long alignmentBytes) {
    return new NativeMemory(Arena.global().allocate(sizeBytes, alignmentBytes), false);
  }

  /**
   * Maps the address space available under a limit, except for a share. The virtual machine maps
   * more later for threads, compilers and classes, and exits the process if that fails.
   */
  private static @Nullable MemorySegment mapWithinLimit(
      LibraryFunction mmap, long wantedBytes, long alignmentBytes) {
    long most = 0;
    for (long step = wantedBytes / 2; step >= LEAST_BYTES; step /= 2) {
      long address = mapped(mmap, most + step);
      if (address != MAP_FAILED) {
        most += step;
        unmap(address, most);
      }
    }
    long left = Math.clamp(most / LEFT_SHARE, LEAST_LEFT_BYTES, MAX_LEFT_BYTES);
    long size = (most - left) & -alignmentBytes;
    return size < LEAST_BYTES ? null : map(mmap, size, alignmentBytes);
  }

  private static void unmap(long address, long sizeBytes) {
    link("munmap").call(address, sizeBytes, 0);
  }

  @SuppressWarnings("restricted") // mmap's result is memory of exactly that size, never unmapped
  private static @Nullable MemorySegment map(
      LibraryFunction mmap, long sizeBytes, long alignmentBytes) {
    long address = mapped(mmap, sizeBytes + alignmentBytes);
    if (address == MAP_FAILED) {
      return null;
    }
    long aligned = (address + alignmentBytes - 1) & -alignmentBytes;
    return MemorySegment.ofAddress(aligned).reinterpret(sizeBytes);
  }

  private static long mapped(LibraryFunction mmap, long sizeBytes) {
    int flags = MAP_PRIVATE | LINUX_MAP_ANONYMOUS | LINUX_MAP_NORESERVE;
    return mmap.call(0, sizeBytes, PROT_READ_WRITE, flags, -1, 0);
  }

  private static LibraryFunction link(String name) {
    return LibraryFunction.find(name).orElseThrow(() -> new LinkageError("no function " + name));
  }

  MemorySegment memory() {
    return memory;
  }

  /** Returns true if only touched pages take memory, and can be released. */
  boolean isMapped() {
    return isMapped;
  }

  /** Releases the pages of a range to the system; the range then reads as zero. */
  void release(long offset, long sizeBytes) {
    if (!advise(offset, sizeBytes, LINUX_MADV_DONTNEED)) {
      memory.asSlice(offset, sizeBytes).fill((byte) 0);
    }
  }

  /**
   * Populates the pages of a range that is not in use. Unlike a thread that touches the pages, a
   * thread blocked in this call does not delay safepoints.
   */
  void makePages(long offset, long sizeBytes) {
    if (!advise(offset, sizeBytes, LINUX_MADV_POPULATE_WRITE)) {
      for (long at = offset; at < offset + sizeBytes; at += 1 << PAGE_SHIFT) {
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) 0);
      }
    }
  }

  /** Requests huge pages; a kernel built without them refuses, which only costs speed. */
  void adviseHugePages() {
    advise(0, memory.byteSize(), LINUX_MADV_HUGEPAGE);
  }

  private boolean advise(long offset, long sizeBytes, int advice) {
    if (!isMapped) {
      return false;
    }
    LibraryFunction linked = madvise;
    if (linked == null) {
      linked = link("madvise");
      madvise = linked;
    }
    return (int) linked.call(memory.address() + offset, sizeBytes, advice) == 0;
  }
}
