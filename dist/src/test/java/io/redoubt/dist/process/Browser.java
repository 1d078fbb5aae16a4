package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A script that watches pages in headless Chromium, in alternation with a test. */
final class Browser implements AutoCloseable {
  /** The folder of screenshots. */
  static final Path PICTURES = Distribution.HOME.resolveSibling("page");

  private static final String PUPPETEER = "puppeteer-core@24.43.1";
  private static final String AXE = "axe-core@4.14.1";
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

  private final Process process;
  private final BufferedReader out;
  private final OutputStream in;

  /** Starts a script with arguments; appends the folder of screenshots and the browser. */
  Browser(String script, List<String> arguments) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("node", script(script).toString()));
    words.addAll(arguments);
    words.add(Files.createDirectories(PICTURES).toString());
    words.add(CHROMIUM.toString());
    process = new ProcessBuilder(words).redirectErrorStream(true).start();
    out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    in = process.getOutputStream();
  }

  static void assumeInstalled() {
    RealRedis.assumeInstalled(Files.exists(CHROMIUM), "chromium");
  }

  /** Waits until the script reports an observation. */
  void awaitSeen(String wanted) throws IOException {
    StringBuilder seen = new StringBuilder();
    String line = out.readLine();
    while (line != null && !line.equals(wanted)) {
      seen.append(line).append('\n');
      line = out.readLine();
    }
    assertThat(line).as(seen.toString()).isEqualTo(wanted);
  }

  /** Makes the script continue. */
  void next() throws IOException {
    in.write('\n');
    in.flush();
  }

  /** Waits for the script to end without a fault. */
  void awaitDone() throws IOException, InterruptedException {
    awaitSeen("DONE");
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  /** Returns the script in the folder of its modules, which is kept between builds. */
  private static Path script(String name) throws IOException, InterruptedException {
    Path modules = Files.createDirectories(Distribution.HOME.resolveSibling("page-modules"));
    if (!Files.exists(modules.resolve("node_modules/puppeteer-core/package.json"))) {
      ClientPrograms.installModules(modules, PUPPETEER, AXE);
    }
    Path script = modules.resolve(name);
    try (InputStream in = Browser.class.getResourceAsStream(name)) {
      Files.write(script, Objects.requireNonNull(in).readAllBytes());
    }
    return script;
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
