package io.redoubt.persistence.rdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.persistence.rdb.check.CheckTerminal;
import io.redoubt.protocol.bytes.Utf8;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Records the output of a check, and runs Debian's tool for comparison. */
public final class CheckSession implements CheckTerminal {

  private final StringBuilder printed = new StringBuilder();
  private final String answer;

  /** Creates a session whose user gives the same answer to each question. */
  public CheckSession(String answer) {
    this.answer = answer;
  }

  /** Returns the output of a tool, with its exit status as the last line. */
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

  /** Answers a question; ignores a tool that exits before it reads. */
  @SuppressWarnings("EmptyCatch")
  private static void tell(OutputStream in, String answer) {
    try (in) {
      in.write((answer + "\n").getBytes(UTF_8));
    } catch (IOException e) {
    }
  }

  /** Returns true if a tool of Debian's Redis packages is installed. */
  public static boolean isInstalled(String tool) {
    return Files.isExecutable(Path.of("/usr/bin", tool));
  }

  /** Returns the output of the check, with its exit status as the last line. */
  public String ended(int status) {
    return printed + "status " + status;
  }

  /** Returns the lines without log prefixes and without texts specific to Redis' source. */
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
