package io.redoubt.protocol.process;

import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The operating system's texts for failures, as Redis logs and replies them. */
public final class SystemErrors {
  private static final Pattern NATIVE_CALL =
      Pattern.compile("[^\\n]*?\\(\\.\\.\\) failed with error\\(-\\d+\\): ");

  /** The peer's address as Java prints it, which Netty appends to the reason. */
  private static final Pattern PEER = Pattern.compile(": [^ /]*/[^ /]*:\\d+$");

  private SystemErrors() {}

  /** Returns the text for a failed operation on a file or socket. */
  public static String text(Throwable failure) {
    return switch (failure) {
      case UncheckedIOException e -> text(Objects.requireNonNull(e.getCause()));
      case NoSuchFileException _ -> "No such file or directory";
      case AccessDeniedException _ -> "Permission denied";
      case NotDirectoryException _ -> "Not a directory";
      case DirectoryNotEmptyException _ -> "Directory not empty";
      case FileAlreadyExistsException _ -> "File exists";
      case FileSystemException e when e.getReason() != null -> String.valueOf(e.getReason());
      case FileNotFoundException e -> reasonInParentheses(String.valueOf(e.getMessage()));
      case ClosedChannelException _ -> "Bad file descriptor";
      case SocketException e when e.getMessage() != null ->
          PEER.matcher(reason(e.getMessage())).replaceFirst("");
      default -> failure.getMessage() == null ? failure.toString() : reason(failure.getMessage());
    };
  }

  /** Returns the text of a failure as an argument of a log message, which hides user data in it. */
  public static Object forLog(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof UserData data) {
        return data;
      }
    }
    return text(failure);
  }

  /** Returns the text for a failed operation, preceded by the file if it is known. */
  public static String textWithFile(Throwable failure) {
    String text = text(failure);
    return failure instanceof FileSystemException e && e.getFile() != null
        ? e.getFile() + ": " + text
        : text;
  }

  /**
   * Extracts the reason from Netty's messages of native calls, such as {@code connect(..) failed
   * with error(-13): Permission denied}; returns other messages as they are.
   */
  private static String reason(String message) {
    Matcher nativeCall = NATIVE_CALL.matcher(message);
    return nativeCall.lookingAt() ? message.substring(nativeCall.end()) : message;
  }

  /** Extracts the reason from a message of java.io, such as {@code x (Is a directory)}. */
  private static String reasonInParentheses(String message) {
    int open = message.lastIndexOf('(');
    return open >= 0 && message.endsWith(")")
        ? message.substring(open + 1, message.length() - 1)
        : message;
  }
}
