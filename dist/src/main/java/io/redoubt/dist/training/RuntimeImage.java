package io.redoubt.dist.training;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * The trimmed Java runtime of the distribution, made by jlink from the JDK that runs this program.
 * It has only the modules that Redoubt uses, and a copy of {@code bin/java} for each program:
 * {@code ps} shows the name of the executable.
 */
final class RuntimeImage {
  /**
   * The modules that jdeps finds, except an optional one of the libraries (java.desktop). Without
   * jdk.jfr, each start would search all jars for it on behalf of netty. jdk.jcmd has {@link
   * #TOOLS}; it adds 300 KB.
   */
  private static final String MODULES =
      "java.base,java.logging,java.management,java.naming,jdk.jcmd,jdk.jfr,jdk.management,"
          + "jdk.net,jdk.unsupported";

  /** The programs that show what a running server does. */
  private static final Set<String> TOOLS = Set.of("jcmd", "jfr", "jstack");

  /** Strips only Java's debug attributes, because the native libraries of a JDK have none. */
  private static final List<String> OPTIONS =
      List.of(
          "--add-modules",
          MODULES,
          "--compress",
          "zip-6",
          "--strip-java-debug-attributes",
          "--no-header-files",
          "--no-man-pages");

  private final Path image;
  private final Path programs;

  /**
   * @param image the folder to create
   * @param programs the folder with a launcher for each program
   */
  RuntimeImage(Path image, Path programs) {
    this.image = image;
    this.programs = programs;
  }

  /** Returns the inputs of the image other than the JDK. */
  static String key() {
    return String.join(" ", OPTIONS) + " " + new TreeSet<>(TOOLS);
  }

  /**
   * Replaces the image.
   *
   * @return an empty text, or the reason why this JDK can't make one
   */
  String create() throws IOException {
    delete();
    Optional<ToolProvider> jlink = ToolProvider.findFirst("jlink");
    if (jlink.isEmpty()) {
      return "this JDK has no jlink";
    }
    StringWriter output = new StringWriter();
    PrintWriter printer = new PrintWriter(output);
    String[] arguments =
        Stream.concat(OPTIONS.stream(), Stream.of("--output", image.toString()))
            .toArray(String[]::new);
    if (jlink.get().run(printer, printer, arguments) != 0) {
      printer.flush();
      delete();
      return output.toString().strip();
    }
    Path java = image.resolve("bin/java");
    try (Stream<Path> tools = Files.list(image.resolve("bin"))) {
      for (Path tool : tools.filter(tool -> !isKept(tool)).toList()) {
        Files.delete(tool);
      }
    }
    try (Stream<Path> launchers = Files.list(programs)) {
      for (Path launcher : launchers.toList()) {
        Files.copy(
            java,
            image.resolve("bin").resolve(launcher.getFileName()),
            StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return "";
  }

  private static boolean isKept(Path tool) {
    String name = tool.getFileName().toString();
    return name.equals("java") || TOOLS.contains(name);
  }

  boolean exists() {
    return Files.isDirectory(image);
  }

  /** Copies the image to a folder that does not exist. */
  void copyTo(Path target) throws IOException {
    try (Stream<Path> files = Files.walk(image)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            target.resolve(image.relativize(file).toString()),
            StandardCopyOption.COPY_ATTRIBUTES,
            LinkOption.NOFOLLOW_LINKS);
      }
    }
  }

  private void delete() throws IOException {
    if (!exists()) {
      return;
    }
    try (Stream<Path> files = Files.walk(image)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
