package io.redoubt.server.memory;

import io.redoubt.protocol.process.os.OperatingSystem;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * The memory of {@link Region}: address space reserved by mmap(2), of which only touched pages take
 * memory. Where mmap is unavailable, it is arena memory, and much smaller.
 */
public final class NativeMemory {

  private static final int PROT_READ_WRITE = 1 | 2;
  private static final int MAP_PRIVATE = 2;
  private static final int LINUX_MAP_ANONYMOUS = 0x20;
  private static final int LINUX_MAP_NORESERVE = 0x4000;
  private static final int LINUX_MADV_DONTNEED = 4;
  private static final int LINUX_MADV_HUGEPAGE = 14;
  private static final int LINUX_MADV_POPULATE_WRITE = 23; // since Linux 5.14
  private static final long MAP_FAILED = -1;

  private static final FunctionDescriptor MMAP =
      FunctionDescriptor.of(
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_LONG);

  /** The least address space with which a server can run. */
  private static final long LEAST_BYTES = 32L << 20;

  // The share of limited address space left to the virtual machine, and its bounds.
  private static final int LEFT_SHARE = 4;
  private static final long LEAST_LEFT_BYTES = 128L << 20;
  private static final long MAX_LEFT_BYTES = 768L << 20;

  private final MemorySegment memory;
  private final boolean isMapped;

  /** The handle of madvise(2), linked on first use because that takes some ten milliseconds. */
  private @Nullable MethodHandle madvise;

  private NativeMemory(MemorySegment memory, boolean isMapped) {
    this.memory = memory;
    this.isMapped = isMapped;
  }

  /**
   * Reserves {@code wantedBytes}, or, if the kernel refuses (strict overcommit, a limit of address
   * space), most of what it grants; {@code arenaBytes} if memory cannot be mapped. All sizes are
   * multiples of {@code alignmentBytes}, as is the start address.
   */
  static NativeMemory reserve(long wantedBytes, long arenaBytes, long alignmentBytes) {
    if (OperatingSystem.current() == OperatingSystem.LINUX) {
      MethodHandle mmap = link("mmap", MMAP);
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
      MethodHandle _ = link("mmap", MMAP);
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
      MethodHandle mmap, long wantedBytes, long alignmentBytes) {
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
    try {
      int unused =
          (int)
              link(
                      "munmap",
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG))
                  .invokeExact(address, sizeBytes);
    } catch (Throwable e) {
      throw new LinkageError("munmap cannot be called", e);
    }
  }

  @SuppressWarnings("restricted") // mmap's result is memory of exactly that size, never unmapped
  private static @Nullable MemorySegment map(
      MethodHandle mmap, long sizeBytes, long alignmentBytes) {
    long address = mapped(mmap, sizeBytes + alignmentBytes);
    if (address == MAP_FAILED) {
      return null;
    }
    long aligned = (address + alignmentBytes - 1) & -alignmentBytes;
    return MemorySegment.ofAddress(aligned).reinterpret(sizeBytes);
  }

  private static long mapped(MethodHandle mmap, long sizeBytes) {
    int flags = MAP_PRIVATE | LINUX_MAP_ANONYMOUS | LINUX_MAP_NORESERVE;
    try {
      return (long) mmap.invokeExact(0L, sizeBytes, PROT_READ_WRITE, flags, -1, 0L);
    } catch (Throwable e) {
      throw new LinkageError("mmap cannot be called", e);
    }
  }

  @SuppressWarnings("restricted") // the functions are libc's, and the descriptors are theirs
  private static MethodHandle link(String function, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(function), descriptor);
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
      for (long at = offset; at < offset + sizeBytes; at += 1 << Extent.PAGE_SHIFT) {
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
    MethodHandle linked = madvise;
    if (linked == null) {
      linked =
          link(
              "madvise",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT));
      madvise = linked;
    }
    try {
      return (int) linked.invokeExact(memory.address() + offset, sizeBytes, advice) == 0;
    } catch (Throwable e) {
      throw new LinkageError("madvise cannot be called", e);
    }
  }
}
