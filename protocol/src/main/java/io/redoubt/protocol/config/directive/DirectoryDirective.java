package io.redoubt.protocol.config.directive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * An existing directory. A relative path starts at the previous directory, as if the process had
 * changed to it; the process itself does not change its working directory, because a JVM may run
 * several servers.
 */
public final class DirectoryDirective extends Directive<Path, DirectoryDirective> {

  public DirectoryDirective(String name, Path defaultValue) {
    super(name, defaultValue);
  }

  /** Returns the directory as an absolute path without links. */
  public Path value() {
    return current();
  }

  @Override
  protected Path parse(List<String> words, Path before) throws RefusedValue {
    if (words.size() != 1) {
      throw new RefusedValue("wrong number of arguments");
    }
    return parseText(words.getFirst(), before);
  }

  @Override
  protected Path parseText(String text, Path before) throws RefusedValue {
    if (text.isEmpty()) {
      throw new RefusedValue("No such file or directory");
    }
    try {
      Path directory = before.resolve(text).toRealPath();
      if (!Files.isDirectory(directory)) {
        throw new RefusedValue("Not a directory");
      }
      if (!Files.isExecutable(directory)) {
        throw new RefusedValue("Permission denied");
      }
      return directory;
    } catch (IOException e) {
      throw new RefusedValue(SystemErrors.text(e), e);
    }
  }

  @Override
  public String text(Path of) {
    return of.toString();
  }

  @Override
  public List<String> lines(Path of) {
    return List.of(Quoting.quote(of.toString().getBytes(UTF_8)));
  }
}
