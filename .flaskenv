FLASK_APP=project
