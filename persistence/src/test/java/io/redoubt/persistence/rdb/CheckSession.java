package io.redoubt.persistence.rdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Utf8;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Records what a check prints, and asks Debian's tool the same. */
public final class CheckSession implements CheckTerminal {

  private final StringBuilder printed = new StringBuilder();
  private final String answer;

  /** A session whose user answers questions with this. */
  public CheckSession(String answer) {
    this.answer = answer;
  }

  /** What a tool prints, and its exit status as the last line. */
  public static String real(Path folder, String answer, String... command) throws IOException {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    try {
      tell(process.getOutputStream(), answer);
      String output = Utf8.decode(process.getInputStream().readAllBytes());
      return output + "status " + process.waitFor();
    } catch (InterruptedException e) {
      throw new IOException(e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** A tool that has ended without asking hears nothing. */
  @SuppressWarnings("EmptyCatch")
  private static void tell(OutputStream in, String answer) {
    try (in) {
      in.write((answer + "\n").getBytes(UTF_8));
    } catch (IOException e) {
    }
  }

  /** Whether a tool of Debian's redis packages is there. */
  public static boolean isInstalled(String tool) {
    return Files.isExecutable(Path.of("/usr/bin", tool));
  }

  /** What the check has printed, and its exit status as the last line. */
  public String ended(int status) {
    return printed + "status " + status;
  }

  /** The lines without the prefix of those of a log, and without words that are Redis' source's. */
  public static List<String> lines(String output) {
    List<String> lines = new ArrayList<>();
    for (String line : output.split("\n", -1)) {
      lines.add(line.replaceFirst("^\\d+:C \\d+ \\w+ \\d+ [0-9:.]+ # ", "# "));
    }
    return lines;
  }

  @Override
  public void print(String text) {
    printed.append(text);
  }

  @Override
  public void warn(String text) {
    printed.append("# ").append(text).append('\n');
  }

  @Override
  public String answer() {
    return answer;
  }

  @Override
  public String reason(IOException failure) {
    return failure instanceof NoSuchFileException
        ? "No such file or directory"
        : String.valueOf(failure.getMessage());
  }

  @Override
  public long nowMillis() {
    return System.currentTimeMillis();
  }
}
