/// The folder that `path` lies in: `a` of `a/b` and of `a/b/`, `/` of `/b`, and nothing of `b`.
///
/// Foundation's own on Linux (6.3.1) ends the program for names of one character.
package func folderPart(of path: String) -> String {
    let whole = withoutSlashes(path[...])
    guard let slash = whole.lastIndex(of: "/") else { return "" }
    let folder = withoutSlashes(whole[..<slash])
    return folder.isEmpty ? "/" : String(folder)
}

/// The name of what `path` leads to: `b` of `a/b` and of `a/b/`.
package func namePart(of path: String) -> String {
    let whole = withoutSlashes(path[...])
    return whole.lastIndex(of: "/").map { String(whole[whole.index(after: $0)...]) }
        ?? String(whole)
}

private func withoutSlashes(_ path: Substring) -> Substring {
    var path = path
    while path.last == "/" { path.removeLast() }
    return path
}
