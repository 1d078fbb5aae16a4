package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.process.os.Posix;
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
 * Starts the server in the background. A JVM can't fork, so the process starts its own command line
 * again in a new session and waits until that child serves or fails. The caller thus regains
 * control when the server is usable, with a correct exit status.
 */
public final class Daemon {
  private static final String MARK = "REDOUBT_DAEMON";
  private static final String READY = "\u0006ready";

  private Daemon() {}

  /** Returns true if this process is the background process. */
  public static boolean isChild(Map<String, String> environment) {
    return environment.containsKey(MARK);
  }

  /**
   * Starts the background process with this process' command line.
   *
   * @param standardInput the bytes that this process has read from its standard input
   * @param out receives the child's output until the child is ready
   * @return the exit status for this process: 0 if the child serves
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
      // A child that doesn't read its input may exit before it is written.
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

  /** Returns the program and its arguments as the operating system has them. */
  private static List<String> commandLine() throws IOException {
    String[] words = Files.readString(Path.of("/proc/self/cmdline"), ISO_8859_1).split("\0", -1);
    List<String> command = new ArrayList<>();
    command.add(Path.of("/proc/self/exe").toRealPath().toString());
    for (int at = 1; at < words.length - 1; at++) {
      command.add(new String(words[at].getBytes(ISO_8859_1), UTF_8));
    }
    return command;
  }

  /** Leaves the session of the parent process. Called first in the child. */
  public static void detach() throws IOException {
    Posix.setsid();
  }

  /** Signals the waiting parent to exit. Called in the child once it listens. */
  public static void ready() throws IOException {
    System.out.println(READY);
    System.out.flush();
    Posix.standardStreamsToNull();
  }
}
