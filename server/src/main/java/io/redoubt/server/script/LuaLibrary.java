package io.redoubt.server.script;

import io.redoubt.protocol.process.os.OperatingSystem;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The shared library of Lua 5.1: a file in {@code java.library.path}, where the archive has it, or
 * otherwise a resource of its jar, which contains one for each platform. A resource is unpacked on
 * demand and deleted from the disk once it is loaded.
 */
final class LuaLibrary {

  private LuaLibrary() {}

  /** Returns the symbols of the library, which {@link #load} must have loaded. */
  static SymbolLookup symbols() {
    return SymbolLookup.loaderLookup();
  }

  /**
   * Loads the library unless it is loaded. A failed attempt can be repeated.
   *
   * @throws ScriptEngineException if there is none for this platform, or it cannot be opened
   */
  static synchronized void load() {
    if (symbols().find("lua_newstate").isEmpty()) {
      loadFile(resource());
    }
  }

  private static void loadFile(String resource) {
    for (String directory :
        System.getProperty("java.library.path", "").split(File.pathSeparator, -1)) {
      Path file = Path.of(directory, resource);
      if (Files.isReadable(file)) {
        open(file);
        return;
      }
    }
    try (InputStream in = stream(resource)) {
      if (in == null) {
        throw new ScriptEngineException(
            "Lua has no native library for this platform (" + resource + " is missing)");
      }
      Path file = Files.createTempFile("redoubt-lua", resource);
      try {
        Files.write(file, in.readAllBytes());
        open(file);
      } finally {
        unlink(file);
      }
    } catch (IOException e) {
      throw notLoaded(e);
    }
  }

  private static @Nullable InputStream stream(String resource) {
    ClassLoader loader = LuaLibrary.class.getClassLoader();
    return loader == null // the class is on the boot path, as with an AOT cache for tests
        ? ClassLoader.getSystemResourceAsStream(resource)
        : loader.getResourceAsStream(resource);
  }

  @SuppressWarnings("restricted") // the one library that this package exists for
  private static void open(Path file) {
    try {
      System.load(file.toAbsolutePath().toString());
    } catch (UnsatisfiedLinkError e) { // may name the file and no reason
      try {
        Files.newByteChannel(file).close();
      } catch (IOException reason) {
        throw notLoaded(reason);
      }
      throw notLoaded(e);
    }
  }

  private static ScriptEngineException notLoaded(Throwable e) {
    return new ScriptEngineException("Lua's native library cannot be loaded", e);
  }

  private static void unlink(Path file) throws IOException {
    if (OperatingSystem.current() == OperatingSystem.WINDOWS) {
      file.toFile().deleteOnExit(); // a loaded library cannot be deleted there
    } else {
      Files.delete(file);
    }
  }

  /** Returns the library's name in its jar. */
  private static String resource() {
    String cpu = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    boolean arm = cpu.equals("aarch64") || cpu.equals("arm64");
    String suffix = arm ? "arm64" : "64";
    return switch (OperatingSystem.current()) {
      case WINDOWS -> "lua51" + suffix + ".dll";
      case MAC -> "liblua51" + suffix + ".dylib";
      case LINUX, OTHER -> "liblua51" + suffix + ".so";
    };
  }
}
