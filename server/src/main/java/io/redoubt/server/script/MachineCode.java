package io.redoubt.server.script;

import io.redoubt.protocol.process.os.LibraryFunction;
import io.redoubt.protocol.process.os.OperatingSystem;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A page of machine code, written as a listing: the columns are bytes, label, assembler and
 * meaning. The page is writable until it is filled and executable from then on, never both.
 *
 * <p>There is none but for x86-64 on Linux, where the system forbids such a page, and with the
 * system property {@code io.redoubt.script.machinecode} set to false.
 */
final class MachineCode {

  /** The address if there is no code. */
  static final long NONE = 0;

  /** The width of the column of bytes in a listing. */
  private static final int BYTES_WIDTH = 21;

  private static final long PAGE_BYTES = 4096;
  private static final int PROT_READ_WRITE = 1 | 2;
  private static final int PROT_READ_EXECUTE = 1 | 4;
  private static final int MAP_PRIVATE_ANONYMOUS = 2 | 0x20;
  private static final long MAP_FAILED = -1;

  private MachineCode() {}

  /** Installs the code of a listing and returns its address, or {@link #NONE}. */
  static long install(String listing) {
    return isWanted() ? map(bytes(listing)) : NONE;
  }

  private static boolean isWanted() {
    String cpu = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    return OperatingSystem.current() == OperatingSystem.LINUX
        && (cpu.equals("amd64") || cpu.equals("x86_64"))
        && !System.getProperty("io.redoubt.script.machinecode", "true").equals("false");
  }

  private static long map(byte[] code) {
    Optional<LibraryFunction> mmap = LibraryFunction.find("mmap");
    Optional<LibraryFunction> mprotect = LibraryFunction.find("mprotect");
    if (mmap.isEmpty() || mprotect.isEmpty()) {
      return NONE;
    }
    long page = mmap.get().call(0, PAGE_BYTES, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
      return NONE;
    }
    write(page, code);
    boolean refused = (int) mprotect.get().call(page, PAGE_BYTES, PROT_READ_EXECUTE) != 0;
    return refused ? NONE : page;
  }

  @SuppressWarnings("restricted") // the page mapped above
  private static void write(long page, byte[] code) {
    MemorySegment target = MemorySegment.ofAddress(page).reinterpret(PAGE_BYTES);
    MemorySegment.copy(code, 0, target, ValueLayout.JAVA_BYTE, 0, code.length);
  }

  /** Returns the offsets of the labels in the code of a listing. */
  static Map<String, Integer> offsets(String listing) {
    Map<String, Integer> offsets = new HashMap<>();
    int offset = 0;
    for (String line : listing.lines().toList()) {
      int label = BYTES_WIDTH + 2;
      if (line.length() > label && line.charAt(label) != ' ') {
        offsets.put(line.substring(label, line.indexOf(':', label)), offset);
      }
      offset += (line.substring(0, Math.min(BYTES_WIDTH, line.length())).strip().length() + 1) / 3;
    }
    return offsets;
  }

  /** Returns the first column of a listing. */
  private static byte[] bytes(String listing) {
    StringBuilder digits = new StringBuilder();
    listing.lines().forEach(line -> digits.append(line, 0, Math.min(BYTES_WIDTH, line.length())));
    return HexFormat.of().parseHex(digits.toString().replace(" ", ""));
  }
}
