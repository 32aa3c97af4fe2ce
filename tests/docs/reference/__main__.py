from tests.docs.reference import reference_pages, written

for each in reference_pages():
    each.write_text(written(each.read_text()))
