package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.script.Library;
import io.redoubt.server.script.ScriptFlag;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The libraries of functions of a server (FCALL and FUNCTION). */
public final class Functions {

  /** The policy for a library with the name of an existing one. */
  public enum Taken {
    /** Refuses the library. */
    REFUSE,
    /** Replaces the existing library. */
    REPLACE,
    /** Removes all existing libraries. */
    FLUSH
  }

  private static final CommandError NOT_FOUND = new CommandError("ERR Function not found");
  private static final CommandError BAD_NUMBER =
      new CommandError("ERR Bad number of keys provided");
  private static final CommandError NO_LIBRARY = new CommandError("ERR Library not found");

  private final ScriptRunner runner;
  private final Call call;
  private final Map<String, Library> libraries = new LinkedHashMap<>();
  private final Map<String, Library.Function> functions = new HashMap<>();

  Functions(ScriptRunner runner, Call call) {
    this.runner = runner;
    this.call = call;
  }

  public Collection<Library> libraries() {
    return Collections.unmodifiableCollection(libraries.values());
  }

  public int count() {
    return functions.size();
  }

  /** Returns the source texts of the libraries. */
  public List<ByteString> texts() {
    return libraries.values().stream().map(Library::code).toList();
  }

  /** Returns the total length of the source texts, in bytes. */
  public long textBytes() {
    long bytes = 0;
    for (Library library : libraries.values()) {
      bytes += library.code().length();
    }
    return bytes;
  }

  /**
   * Calls the function named by argument 1 (FCALL).
   *
   * @param onlyReads true for FCALL_RO, which must not write
   */
  public void call(boolean onlyReads) {
    Library.Function function = functions.get(folded(call.argText(1)));
    if (function == null) {
      throw NOT_FOUND;
    }
    runner.run(function.script(), true, keys(), onlyReads);
  }

  /** Returns the flags of the function called by a future request; null if it does not exist. */
  @Nullable Set<ScriptFlag> flags(Request request) {
    Library.Function function = functions.get(folded(request.text(1)));
    return function == null ? null : function.script().flags();
  }

  private int keys() {
    try {
      return runner.keys();
    } catch (CommandError error) {
      throw error == Errors.NOT_INTEGER ? BAD_NUMBER : error;
    }
  }

  /**
   * Loads a library.
   *
   * @param address the region address of its text
   * @return its name
   * @throws CommandError if it cannot be loaded; nothing has changed then
   */
  public String load(long address, int length, Taken taken) {
    Library library = runner.load(address, length);
    try {
      check(library, "'" + library.name() + "'", taken);
    } catch (CommandError refused) {
      forget(library);
      throw refused;
    }
    remove(libraries.get(library.name()));
    add(library);
    return library.name();
  }

  /**
   * Refuses a library if its name or one of its functions exists.
   *
   * @param name the library's name as shown in an error
   */
  private void check(Library library, String name, Taken taken) {
    Library old = libraries.get(library.name());
    if (old != null && taken != Taken.REPLACE) {
      throw new CommandError("ERR Library " + name + " already exists");
    }
    for (Library.Function function : library.functions()) {
      Library.Function other = functions.get(folded(function.name()));
      if (other != null && (old == null || !old.functions().contains(other))) {
        throw new CommandError("ERR Function " + function.name() + " already exists");
      }
    }
  }

  /** Function names are case-insensitive. */
  private static String folded(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private void add(Library library) {
    libraries.put(library.name(), library);
    for (Library.Function function : library.functions()) {
      functions.put(folded(function.name()), function);
    }
  }

  private void remove(@Nullable Library library) {
    if (library != null) {
      libraries.remove(library.name());
      for (Library.Function function : library.functions()) {
        functions.remove(folded(function.name()));
      }
      forget(library);
    }
  }

  private void forget(Library library) {
    for (Library.Function function : library.functions()) {
      runner.engine().forget(function.script());
    }
  }

  /**
   * Deletes a library (FUNCTION DELETE).
   *
   * @throws CommandError if it does not exist
   */
  public void delete(String name) {
    Library library = libraries.get(name);
    if (library == null) {
      throw NO_LIBRARY;
    }
    remove(library);
  }

  /** Deletes all libraries (FUNCTION FLUSH). */
  public void flush() {
    for (Library library : List.copyOf(libraries.values())) {
      remove(library);
    }
  }

  /**
   * Loads several libraries, or none of them (FUNCTION RESTORE).
   *
   * @param texts the source texts of the libraries
   * @throws CommandError if one of them can't be loaded; nothing has changed
   */
  public void restore(List<ByteString> texts, Taken taken) {
    Map<String, Library> oldLibraries = new LinkedHashMap<>(libraries);
    List<Library> loaded = new ArrayList<>();
    if (taken == Taken.FLUSH) {
      libraries.clear();
      functions.clear();
    }
    try {
      for (ByteString text : texts) {
        Library library = runner.load(text);
        loaded.add(library);
        check(library, library.name(), taken);
        Library old = libraries.remove(library.name());
        if (old != null) {
          old.functions().forEach(function -> functions.remove(folded(function.name())));
        }
        add(library);
      }
    } catch (CommandError refused) {
      loaded.forEach(this::forget);
      libraries.clear();
      functions.clear();
      oldLibraries.values().forEach(this::add);
      throw refused;
    }
    for (Library old : oldLibraries.values()) {
      if (!libraries.containsValue(old)) {
        forget(old);
      }
    }
  }
}
