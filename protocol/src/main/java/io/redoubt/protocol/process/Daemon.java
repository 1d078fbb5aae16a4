package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Going to the background. A JVM can't fork, so the process starts itself once more in a session of
 * its own and waits until that one serves or fails: whoever starts a server gets control back when
 * it can be used, with an exit status that tells the truth.
 */
public final class Daemon {
  private static final String MARK = "REDOUBT_DAEMON";
  private static final String READY = "\u0006ready";

  private Daemon() {}

  /** Whether this process is the one in the background. */
  public static boolean isChild(Map<String, String> environment) {
    return environment.containsKey(MARK);
  }

  /**
   * Starts the process of the background with this process' command line.
   *
   * @param standardInput what this process has read from its standard input
   * @param out where what the child prints before it is ready goes
   * @return the exit status for this process: 0 when the child serves
   */
  public static int start(byte[] standardInput, PrintStream out)
      throws IOException, InterruptedException {
    return start(commandLine(), standardInput, out);
  }

  static int start(List<String> command, byte[] standardInput, PrintStream out)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put(MARK, "1");
    Process child = builder.start();
    try (OutputStream input = child.getOutputStream()) {
      input.write(standardInput);
    } catch (IOException e) {
      // A child that doesn't read its input may end before it is written.
      child.onExit();
    }
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(child.getInputStream(), UTF_8))) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (line.equals(READY)) {
          return 0;
        }
        out.println(line);
      }
    }
    return child.waitFor();
  }

  /** The program and its arguments as the operating system has them. */
  private static List<String> commandLine() throws IOException {
    String[] words = Files.readString(Path.of("/proc/self/cmdline"), ISO_8859_1).split("\0", -1);
    List<String> command = new ArrayList<>();
    command.add(Path.of("/proc/self/exe").toRealPath().toString());
    for (int at = 1; at < words.length - 1; at++) {
      command.add(new String(words[at].getBytes(ISO_8859_1), UTF_8));
    }
    return command;
  }

  /** In the child, at its beginning: leaves the session of the process that has started it. */
  public static void detach() throws IOException {
    Posix.setsid();
  }

  /** In the child, once it listens: lets the process that waits for it end. */
  public static void ready() throws IOException {
    System.out.println(READY);
    System.out.flush();
    Posix.standardStreamsToNull();
  }
}
