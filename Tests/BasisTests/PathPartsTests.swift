import Basis
import Testing

struct PathPartsTests {
    @Test(
        "folder and name of a path",
        arguments: [
            ("a/b", "a", "b"), ("a/b/", "a", "b"), ("a//b", "a", "b"), ("/b", "/", "b"),
            ("b", "", "b"), ("b/", "", "b"), ("ä", "", "ä"), ("bc", "", "bc"),
            ("./b", ".", "b"), ("/a/b", "/a", "b"), ("//b", "/", "b"), ("", "", ""),
        ])
    func parts(path: String, folder: String, name: String) {
        #expect(folderPart(of: path) == folder && namePart(of: path) == name)
    }
}
