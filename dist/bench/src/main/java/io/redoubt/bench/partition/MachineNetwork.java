package io.redoubt.bench.partition;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Machines simulated by network namespaces. Each has a link to the namespace of this process, which
 * routes between them. A cut discards packets on that router, so that the machines see nothing but
 * silence. This process reaches all machines during a cut.
 *
 * <p>Needs {@code ip} and {@code tc}, and permission to configure the network of this namespace:
 * run the process with {@code unshare --net}.
 */
public final class MachineNetwork implements AutoCloseable {
  private static final Path FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");
  private static final int POLL_MILLIS = 5;
  private static final int START_LIMIT_MILLIS = 5_000;

  /** A sleeping process that keeps the namespace of each machine. */
  private final List<Process> holders = new ArrayList<>();

  private final List<String> rules = new ArrayList<>();

  /**
   * Creates connected machines.
   *
   * @throws IOException if this process may not configure its network
   */
  public MachineNetwork(int machines) throws IOException, InterruptedException {
    if (!run("ip", "link", "set", "lo", "up") || !Files.isWritable(FORWARDING)) {
      throw new IOException("needs a network namespace of its own: start it by unshare --net");
    }
    Files.writeString(FORWARDING, "1");
    try {
      for (int i = 0; i < machines; i++) {
        add(i);
      }
    } catch (IOException | InterruptedException e) {
      close();
      throw e;
    }
  }

  private void add(int machine) throws IOException, InterruptedException {
    Process holder = new ProcessBuilder("unshare", "--net", "sleep", "infinity").start();
    holders.add(holder);
    awaitNamespace(holder);
    String pid = Long.toString(holder.pid());
    String here = "m" + machine;
    must("ip", "link", "add", here, "type", "veth", "peer", "name", "eth0", "netns", pid);
    must("ip", "addr", "add", router(machine) + "/24", "dev", here);
    must("ip", "link", "set", here, "up");
    inside(machine, "ip", "addr", "add", host(machine) + "/24", "dev", "eth0");
    inside(machine, "ip", "link", "set", "eth0", "up");
    inside(machine, "ip", "link", "set", "lo", "up");
    inside(machine, "ip", "route", "add", "default", "via", router(machine));
  }

  /** Waits until the process has left the namespace in which it was started. */
  private static void awaitNamespace(Process holder) throws IOException, InterruptedException {
    Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/net"));
    Path link = Path.of("/proc", Long.toString(holder.pid()), "ns", "net");
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_LIMIT_MILLIS);
    while (Files.readSymbolicLink(link).equals(own)) {
      if (!holder.isAlive() || System.nanoTime() > end) {
        throw new IOException("unshare --net does not create a namespace");
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /** Returns the address of a machine. */
  public static String host(int machine) {
    return "10.77." + machine + ".2";
  }

  private static String router(int machine) {
    return "10.77." + machine + ".1";
  }

  /** Returns the prefix that runs a command on a machine; it replaces itself by the command. */
  public List<String> on(int machine) {
    String pid = Long.toString(holders.get(machine).pid());
    return List.of("nsenter", "--net=/proc/" + pid + "/ns/net", "--");
  }

  /** Discards all packets from some machines to others. */
  public void cut(List<Integer> from, List<Integer> to) throws IOException, InterruptedException {
    List<String> added = new ArrayList<>();
    for (int source : from) {
      for (int target : to) {
        added.add("from " + host(source) + " to " + host(target) + " blackhole");
      }
    }
    rules("add", added);
    rules.addAll(added);
  }

  /** Ends all cuts and rate limits. */
  public void heal() throws IOException, InterruptedException {
    rules("del", rules);
    rules.clear();
    for (int i = 0; i < holders.size(); i++) {
      run("tc", "qdisc", "del", "dev", "m" + i, "root");
    }
  }

  /** Changes all rules by one process, so that they change within a millisecond. */
  private static void rules(String verb, List<String> changed)
      throws IOException, InterruptedException {
    Process ip = new ProcessBuilder("ip", "-batch", "-").start();
    try (Writer lines = ip.outputWriter(StandardCharsets.UTF_8)) {
      for (String rule : changed) {
        lines.write("rule " + verb + " " + rule + "\n");
      }
    }
    if (ip.waitFor() != 0) {
      throw new IOException("failed: ip rule " + verb + " " + changed);
    }
  }

  /** Limits the receiving rate of a machine, in kbit/s. */
  public void limit(int machine, int kilobits) throws IOException, InterruptedException {
    must(
        "tc",
        "qdisc",
        "add",
        "dev",
        "m" + machine,
        "root",
        "tbf",
        "rate",
        kilobits + "kbit",
        "burst",
        "8kb",
        "latency",
        "2s");
  }

  private void inside(int machine, String... command) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(on(machine));
    words.addAll(Arrays.asList(command));
    must(words.toArray(String[]::new));
  }

  private static void must(String... command) throws IOException, InterruptedException {
    if (!run(command)) {
      throw new IOException("failed: " + String.join(" ", command));
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  /** Removes the machines; their processes must have ended. */
  @Override
  public void close() {
    // The kernel removes links with their namespaces, but not in time for the next run to reuse
    // their names. The rules vanish with the namespace of this process.
    try {
      for (int i = 0; i < holders.size(); i++) {
        run("ip", "link", "del", "m" + i);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      holders.forEach(Process::destroyForcibly);
    }
  }
}
